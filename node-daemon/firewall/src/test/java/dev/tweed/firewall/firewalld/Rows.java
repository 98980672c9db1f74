package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.CompiledRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.netlink.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Rows for tests. */
final class Rows {

  private Rows() {}

  /** What the pod network of {@link FirewalldNode} needs. */
  static List<FilterRow> network() {
    return compile(List.of(builtIn()));
  }

  /** The same, and before it a policy. */
  static List<FilterRow> network(FirewallRule... rules) {
    return compile(List.of(policy(rules), builtIn()));
  }

  /** A policy alone. */
  static List<FilterRow> of(FirewallRule... rules) {
    return compile(List.of(policy(rules)));
  }

  private static RuleGroup policy(FirewallRule... rules) {
    return new RuleGroup(
        new Origin(Origin.Kind.POLICY, "some-policy"), 100, new ArrayList<>(Arrays.asList(rules)));
  }

  private static RuleGroup builtIn() {
    return BuiltInRulesPlanner.plan(
        "default",
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472)),
            "tweed-br0",
            Optional.of("eth0"),
            List.of("192.0.2.1"),
            List.of("10.244.0.0/16")),
        List.of(IpPrefix.parse("10.244.1.0/24")));
  }

  private static List<FilterRow> compile(List<RuleGroup> groups) {
    CompiledRules compiled = RuleCompiler.compile(groups);
    if (!compiled.refused().isEmpty()) {
      throw new IllegalArgumentException(compiled.problems().toString());
    }
    return compiled.rows();
  }
}
