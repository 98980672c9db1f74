package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RuleCompilerPropertiesTest {

  @Property(tries = 300)
  void theOrderOfGroupsDoesNotMatter(
      @ForAll("groups") List<RuleGroup> groups, @ForAll Random random) {
    List<RuleGroup> shuffled = new ArrayList<>(groups);
    Collections.shuffle(shuffled, random);

    assertThat(RuleCompiler.compile(shuffled)).isEqualTo(RuleCompiler.compile(groups));
  }

  @Property(tries = 300)
  void everyRuleIsThereOrTold(@ForAll("groups") List<RuleGroup> groups) {
    CompiledRules compiled = RuleCompiler.compile(groups);

    for (RuleGroup group : groups) {
      for (FirewallRule rule : group.rules()) {
        boolean there =
            compiled.rows().stream()
                .anyMatch(r -> r.origin().equals(group.origin()) && r.rule().equals(rule.name()));
        boolean told =
            compiled.problems().stream()
                .anyMatch(p -> p.origin().equals(group.origin()) && p.rule().equals(rule.name()));
        assertThat(there || told || compiled.refused().contains(group.origin()))
            .as(rule.toString())
            .isTrue();
      }
    }
  }

  @Property(tries = 300)
  void noTwoRowsMatchTheSame(@ForAll("groups") List<RuleGroup> groups) {
    assertThat(RuleCompiler.compile(groups).rows().stream().map(FilterRow::match))
        .doesNotHaveDuplicates();
  }

  @Property(tries = 300)
  void refusedGroupsHaveNoRows(@ForAll("groups") List<RuleGroup> groups) {
    CompiledRules compiled = RuleCompiler.compile(groups);

    assertThat(compiled.rows()).noneMatch(row -> compiled.refused().contains(row.origin()));
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }
}
