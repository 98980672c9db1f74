package dev.tweed.firewall.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.CompiledRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.List;

/** Rows of one policy. */
final class Rows {

  private Rows() {}

  static List<FilterRow> of(FirewallRule... rules) {
    return of(List.of(rules));
  }

  static List<FilterRow> of(List<FirewallRule> rules) {
    CompiledRules compiled =
        RuleCompiler.compile(
            List.of(new RuleGroup(new Origin(Origin.Kind.POLICY, "test"), 0, rules)));
    assertThat(compiled.refused()).as(compiled.problems().toString()).isEmpty();
    return compiled.rows();
  }
}
