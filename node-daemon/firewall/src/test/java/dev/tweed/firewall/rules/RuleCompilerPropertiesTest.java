package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
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

  @Property(tries = 300)
  void portsOfProtocolsThatHaveNoneAreRefused(@ForAll("groups") List<RuleGroup> groups) {
    assertRefused(
        groups,
        rule ->
            !rule.protocol().hasPorts()
                && (!rule.ports().isEmpty()
                    || peers(rule).anyMatch(peer -> !peer.ports().isEmpty())));
  }

  @Property(tries = 300)
  void bitsAfterTheLengthAreRefused(@ForAll("groups") List<RuleGroup> groups) {
    assertRefused(
        groups,
        rule ->
            peers(rule)
                .anyMatch(peer -> !peer.prefixes().stream().allMatch(IpPrefix::isCanonical)));
  }

  @Property(tries = 300)
  void everyRowHasOneFamilyAndFitsAMultiportMatch(@ForAll("groups") List<RuleGroup> groups) {
    for (FilterRow row : RuleCompiler.compile(groups).rows()) {
      assertThat(row.source().family()).isEqualTo(row.family());
      assertThat(row.destination().family()).isEqualTo(row.family());
      for (List<PortRange> ports : List.of(row.sourcePorts(), row.destinationPorts())) {
        assertThat(ports.stream().mapToInt(PortRange::slots).sum()).isLessThanOrEqualTo(15);
        assertThat(ports.isEmpty() || row.protocol().hasPorts()).isTrue();
        assertThat(
                ports.size() == 1 && ports.getFirst().isSingle()
                    || ports.isEmpty()
                    || row.protocol() != Protocol.ANY)
            .isTrue();
      }
    }
  }

  private static void assertRefused(List<RuleGroup> groups, Predicate<FirewallRule> bad) {
    CompiledRules compiled = RuleCompiler.compile(groups);
    for (RuleGroup group : groups) {
      if (group.rules().stream().anyMatch(bad)) {
        assertThat(compiled.refused()).contains(group.origin());
      }
    }
  }

  private static Stream<Peer> peers(FirewallRule rule) {
    return Stream.concat(rule.from().stream(), rule.to().stream());
  }

  @Provide
  Arbitrary<List<RuleGroup>> groups() {
    return RuleArbitraries.groups();
  }
}
