package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What stays in force of a policy that is refused. */
class FirewallPlannerTest {

  private static final List<ProtectedFlow> KUBELET =
      List.of(Flows.each(ProtectedService.KUBELET, Direction.IN, 10250, "192.0.2.9"));

  @Test
  void rulesThatWereGoodStayWhenTheNextWouldLockOut() {
    GoodPolicy good = new GoodPolicy(1, Set.of(), denying("web", 80));

    PlannedRules planned = plan(policy("p", 2, denying("kubelet", 10250)), Map.of("p", good));

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("web");
  }

  @Test
  void rulesInForceStayWhateverTheGuardThinksByNow() {
    PlannedRules planned =
        plan(
            policy("p", 1, denying("kubelet", 10250)),
            Map.of("p", new GoodPolicy(1, Set.of(), denying("kubelet", 10250))));

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("kubelet");
    PolicyVerdict verdict = planned.verdicts().getFirst();
    assertThat(verdict.accepted()).isTrue();
    assertThat(verdict.remark().orElseThrow().reason()).isEqualTo(PolicyReason.WouldLockOutByNow);
    assertThat(verdict.remark().orElseThrow().text()).contains("it would cut the kubelet");
  }

  @Test
  void rulesInForceStayWhenTheNextGenerationIsRefusedAndBothWouldLockOut() {
    PlannedRules planned =
        plan(
            policy("p", 2, denying("all", 10250, 80)),
            Map.of("p", new GoodPolicy(1, Set.of(), denying("kubelet", 10250))));

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("kubelet");
    assertThat(planned.verdicts().getFirst().remark().orElseThrow().text())
        .endsWith("Until then the rules of generation 1 stay");
  }

  @Test
  void aDenyInForceStaysWhenThePolicyThatAllowedBeforeItIsDeleted() {
    PlannedRules planned =
        plan(
            policy("p", 1, denying("kubelet", 10250)),
            Map.of(
                "a", new GoodPolicy(1, Set.of(), allowing("a", "192.0.2.0/24")),
                "p", new GoodPolicy(1, Set.of(), denying("kubelet", 10250))));

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("kubelet");
  }

  @Test
  void aChangeThatMakesRulesInForceLockOutIsRefusedAndNothingElse() {
    Map<String, GoodPolicy> before =
        Map.of(
            "a", new GoodPolicy(1, Set.of(), allowing("a", "192.0.2.0/24")),
            "p", new GoodPolicy(1, Set.of(), denying("kubelet", 10250)));

    PlannedRules planned =
        plan(
            List.of(
                policy("a", 2, denying("a", "web", 80)),
                policy("b", 1, denying("b", "other", 81)),
                policy("p", 1, denying("kubelet", 10250))),
            before);

    assertThat(planned.rows())
        .extracting(FilterRow::rule)
        .containsOnly("from-some", "other", "kubelet");
    assertThat(planned.verdicts())
        .extracting(PolicyVerdict::name, PolicyVerdict::accepted)
        .containsExactly(tuple("a", false), tuple("b", true), tuple("p", true));
    assertThat(planned.verdicts().getFirst().remark().orElseThrow().text())
        .startsWith("with it, in policy/p, rule kubelet, action: it would cut the kubelet")
        .endsWith("Until then the rules of generation 1 stay");
    assertThat(planned.verdicts().getLast().remark()).isEmpty();
  }

  @Test
  void anEntryFollowsItsNodesWhileAnotherRuleOfThePolicyWouldLockOutByNow() {
    FirewallRule cuts = denying("kubelet", 10250).rules().getFirst();
    FirewallRule etcd =
        FirewallRule.allow("etcd", Direction.IN).withPorts(Protocol.TCP, PortRange.of(2379));
    RuleGroup before = group("p", etcd.withFrom(peers("192.0.2.1/32")), cuts);
    RuleGroup now = group("p", etcd.withFrom(peers("192.0.2.1/32", "192.0.2.2/32")), cuts);

    PlannedRules planned =
        plan(policy("p", 1, now), Map.of("p", new GoodPolicy(1, Set.of(), before)));

    assertThat(planned.rows())
        .extracting(FilterRow::rule, row -> row.source().toString())
        .contains(tuple("etcd", "192.0.2.2/32"));
    assertThat(planned.verdicts().getFirst().remark().orElseThrow().reason())
        .isEqualTo(PolicyReason.WouldLockOutByNow);
  }

  @Test
  void aRuleThatIsWidenedIsRefusedAlsoIfItWouldLockOutTheSameByNow() {
    FirewallRule deny = denying("kubelet", 10250).rules().getFirst();

    PlannedRules planned =
        plan(
            policy("p", 2, group("p", deny)),
            Map.of(
                "p",
                new GoodPolicy(1, Set.of(), group("p", deny.withFrom(peers("192.0.2.0/24"))))));

    assertThat(planned.rows())
        .extracting(row -> row.source().toString())
        .containsOnly("192.0.2.0/24");
    assertThat(planned.verdicts().getFirst().accepted()).isFalse();
  }

  @Test
  void aPolicyThatIsOnlyTriedCutsNothingAndSaysWhatWouldRefuseIt() {
    MappedPolicy audit = policy("p", 1, audited(denying("all", 10250, 80)));
    MappedPolicy other = policy("q", 1, denying("q", "web", 80));

    PlannedRules planned = plan(List.of(audit, other), Map.of());

    assertThat(planned.rows()).extracting(FilterRow::rule).containsOnly("web");
    assertThat(planned.audit()).extracting(FilterRow::rule).contains("all");
    assertThat(planned.origins(RuleGroup.Mode.AUDIT))
        .containsExactly(new Origin(Origin.Kind.POLICY, "p"));
    PolicyVerdict verdict = planned.verdicts().getFirst();
    assertThat(verdict.accepted()).isTrue();
    assertThat(verdict.remark().orElseThrow().reason()).isEqualTo(PolicyReason.RefusedIfEnforced);
    assertThat(verdict.remark().orElseThrow().text())
        .startsWith("with mode Enforce this node would refuse it: WouldLockOut: rule all");
  }

  @Test
  void aPolicyThatIsEnforcedAfterItWasTriedIsAskedAgain() {
    RuleGroup rules = denying("all", 10250);
    Map<String, GoodPolicy> tried = plan(policy("p", 1, audited(rules)), Map.of()).good();

    PlannedRules planned = plan(policy("p", 2, rules), tried);

    assertThat(planned.rows()).isEmpty();
    assertThat(planned.verdicts().getFirst().remark().orElseThrow().reason())
        .isEqualTo(PolicyReason.WouldLockOut);
    assertThat(planned.audit()).isNotEmpty();
  }

  private static RuleGroup audited(RuleGroup group) {
    return new RuleGroup(group.origin(), group.priority(), RuleGroup.Mode.AUDIT, group.rules());
  }

  private static Peer peers(String... prefixes) {
    return Peer.of(Stream.of(prefixes).map(IpPrefix::parse).toArray(IpPrefix[]::new));
  }

  private static PlannedRules plan(MappedPolicy policy, Map<String, GoodPolicy> before) {
    return plan(List.of(policy), before);
  }

  private static PlannedRules plan(List<MappedPolicy> policies, Map<String, GoodPolicy> before) {
    return FirewallPlanner.plan(
        policies,
        Optional.empty(),
        KUBELET,
        row -> Optional.empty(),
        () -> ServiceProxy.NETFILTER,
        before);
  }

  private static MappedPolicy policy(String name, long generation, RuleGroup group) {
    return new MappedPolicy(
        name, "uid-" + name, generation, Set.of(), Optional.of(group), List.of());
  }

  private static RuleGroup allowing(String policy, String from) {
    return group(
        policy,
        FirewallRule.allow("from-some", Direction.IN)
            .withPorts(Protocol.TCP, PortRange.of(10250))
            .withFrom(Peer.of(IpPrefix.parse(from))));
  }

  private static RuleGroup denying(String name, int... ports) {
    return denying("p", name, ports);
  }

  private static RuleGroup denying(String policy, String name, int... ports) {
    return group(
        policy,
        FirewallRule.allow(name, Direction.IN)
            .withAction(Action.DENY)
            .withPorts(
                Protocol.TCP,
                IntStream.of(ports).mapToObj(PortRange::of).toArray(PortRange[]::new)));
  }

  private static RuleGroup group(String policy, FirewallRule... rules) {
    return new RuleGroup(new Origin(Origin.Kind.POLICY, policy), 100, List.of(rules));
  }
}
