package dev.tweed.operator.status;

import static dev.tweed.operator.policy.Policies.applied;
import static dev.tweed.operator.policy.Policies.failing;
import static dev.tweed.operator.policy.Policies.node;
import static dev.tweed.operator.policy.Policies.policy;
import static dev.tweed.operator.policy.Policies.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.Limits;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.operator.policy.Policies;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.PolicyInput;
import dev.tweed.operator.policy.PolicyNode;
import dev.tweed.operator.policy.PolicyOutcome;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FirewallPolicyStatusMapperTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final PolicyFacts WEB = policy("web", 4, Policies.from());

  private static FirewallPolicyStatus status(
      PolicyFacts policy, List<Condition> previous, PolicyNode... nodes) {
    PolicyInput input =
        new PolicyInput(
            List.of(policy), List.of(nodes), Set.of(), new MirroredLabels(MirroredLabels.ALWAYS));
    return FirewallPolicyStatusMapper.status(
        PolicyOutcome.of(input).policies().get(policy.name()), previous, NOW);
  }

  private static String condition(FirewallPolicyStatus status, String type) {
    return status.conditions().stream()
        .filter(c -> c.type().equals(type))
        .map(c -> c.status() + " " + c.reason() + ": " + c.message())
        .findFirst()
        .orElseThrow();
  }

  private static String appliedOn(PolicyNode... nodes) {
    return condition(status(WEB, List.of(), nodes), "Applied");
  }

  @Test
  void inForceEverywhere() {
    FirewallPolicyStatus status =
        status(WEB, List.of(), node("n1", applied("web", 4)), node("n2", applied("web", 4)));

    assertThat(status.selectedNodes()).isEqualTo(2);
    assertThat(status.appliedNodes()).isEqualTo(2);
    assertThat(status.failures()).isEmpty();
    assertThat(status.observedGeneration()).isEqualTo(4);
    assertThat(status.conditions()).allMatch(c -> c.observedGeneration() == 4);
    assertThat(condition(status, "Accepted"))
        .isEqualTo("True Accepted: whatever the rules name exists");
    assertThat(condition(status, "Applied"))
        .isEqualTo("True AppliedEverywhere: in force on 2 of 2 nodes");
  }

  @Test
  void inModeAuditNothingIsSaidToBeInForce() {
    FirewallPolicySpec spec =
        new FirewallPolicySpec(
            LabelSelector.everything(), null, FirewallPolicySpec.Mode.Audit, null, null, List.of());
    PolicyFacts audit = policy("web", 4, spec);

    assertThat(condition(status(audit, List.of(), node("n1", applied("web", 4))), "Applied"))
        .isEqualTo("True TriedEverywhere: mode Audit, refuses nothing: tried on 1 of 1 node");
  }

  @Test
  void noNodeSelected() {
    assertThat(appliedOn())
        .isEqualTo(
            "True NoNodeSelected: no Node has the labels that spec.nodeSelector asks for; compare: kubectl get nodes --show-labels");
  }

  @Test
  void nodesThatHaveNotReportedAreCountedAndTheFirstIsNamed() {
    assertThat(
            appliedOn(
                node("n1", applied("web", 4)),
                silent("n2"),
                silent("n3"),
                node("n4", applied("web", 3))))
        .isEqualTo(
            "False Pending: in force on 1 of 4 nodes; no word of generation 4 yet from n2 and 2"
                + " more nodes; if it stays so, look at the daemon there: kubectl get pods -A -o"
                + " wide --field-selector spec.nodeName=n2");
  }

  @Test
  void theFirstFailureGivesTheReason() {
    FirewallPolicyStatus status =
        status(
            WEB,
            List.of(),
            silent("n1"),
            node("n2", failing("web", 4, "WouldLockOut", "rule ssh would cut SSH")),
            node("n3", failing("web", 4, "Locked", "the lock is held")));

    assertThat(condition(status, "Applied"))
        .startsWith(
            "False WouldLockOut: in force on 0 of 3 nodes; not on n2 and 1 more node: rule ssh"
                + " would cut SSH. no word of generation 4 yet from n1;");
    assertThat(status.failures())
        .containsExactly(
            new Failure("n2", "WouldLockOut", "rule ssh would cut SSH"),
            new Failure("n3", "Locked", "the lock is held"));
  }

  @Test
  void aReportWithoutRoomForThePolicyIsAFailureThatNamesTheLimit() {
    PolicyState[] full =
        IntStream.range(0, Limits.POLICIES)
            .mapToObj(i -> applied("p" + i, 1))
            .toArray(PolicyState[]::new);

    assertThat(appliedOn(node("n1", full)))
        .isEqualTo(
            "False TooManyPolicies: in force on 0 of 1 node; not on n1: more than 512"
                + " FirewallPolicies select it, and its NodeReport has no room for this one. Those"
                + " not in force come first there, so most likely it is in force; 'tweed-node"
                + " firewall status' on the node tells. Put the rules of several policies into one");
  }

  @Test
  void aReportWithRoomIsWaitedFor() {
    assertThat(appliedOn(node("n1", applied("other", 1)))).startsWith("False Pending: ");
  }

  @Test
  void whatNodesRemarkIsShownThoughItIsInForce() {
    assertThat(
            appliedOn(
                node(
                    "n1",
                    new PolicyState(
                        "web", "uid-web", 4L, true, "MatchesNobody", "rule a, from[0]"))))
        .isEqualTo(
            "True AppliedEverywhere: in force on 1 of 1 node; MatchesNobody on n1: rule a, from[0]");
  }

  @Test
  void whatIsWrongForAllNodesIsNotAccepted() {
    PolicyFacts bad = policy("web", 1, Policies.from(Policies.network("gone")));

    FirewallPolicyStatus status = status(bad, List.of(), silent("n1"));

    assertThat(condition(status, "Accepted")).startsWith("False UnknownPodNetwork: rule ssh");
    assertThat(condition(status, "Applied")).startsWith("False Pending: ");
  }

  private static String readyOn(PolicyNode... nodes) {
    return condition(status(WEB, List.of(), nodes), "Ready").replaceFirst(":.*", "");
  }

  @Test
  void readyIsWhatKstatusAsksFor() {
    assertThat(readyOn()).isEqualTo("True NoNodeSelected");
    assertThat(readyOn(node("n1", applied("web", 4)))).isEqualTo("True AppliedEverywhere");
    assertThat(readyOn(node("n1", applied("web", 3)))).isEqualTo("False Pending");
    assertThat(readyOn(node("n1", failing("web", 4, "WouldLockOut", ""))))
        .isEqualTo("False WouldLockOut");

    FirewallPolicyStatus refused =
        status(policy("web", 1, Policies.from(Policies.network("gone"))), List.of());
    assertThat(condition(refused, "Ready")).startsWith("False UnknownPodNetwork: ");
    assertThat(condition(refused, "Stalled")).startsWith("True UnknownPodNetwork: ");
  }

  @Test
  void nodesThatAreDownAreNotWaitedForWhereOthersHaveThePolicy() {
    PolicyNode down = Policies.node("n2", Policies.ofSilentDaemon());

    assertThat(readyOn(node("n1", applied("web", 4)), down)).isEqualTo("True DaemonsSilent");
    assertThat(readyOn(down)).isEqualTo("False Pending");
    assertThat(readyOn(node("n1", applied("web", 4)), down, silent("n3")))
        .isEqualTo("False Pending");
  }

  @Test
  void nodesThatCannotRunADaemonAreNotCounted() {
    PolicyNode windows =
        new PolicyNode(
            "win",
            "uid-win",
            Map.of("kubernetes.io/os", "windows"),
            Optional.empty(),
            Optional.empty());

    assertThat(appliedOn(node("n1", applied("web", 4)), windows))
        .isEqualTo("True AppliedEverywhere: in force on 1 of 1 node");
  }

  @Test
  void aConditionKeepsItsTimeWhileItsStatusStays() {
    Condition before = new Condition("Applied", "False", "Pending", "", "2025-01-01T00:00:00Z", 3L);

    FirewallPolicyStatus status =
        status(WEB, List.of(before), node("n1", failing("web", 4, "Locked", "held")));

    assertThat(status.conditions().get(1).lastTransitionTime()).isEqualTo("2025-01-01T00:00:00Z");
    assertThat(status.conditions().getFirst().lastTransitionTime()).isEqualTo(NOW.toString());
  }

  @Test
  void aLongMessageIsCutToWhatTheSchemaAllows() {
    String message = "x".repeat(Limits.POLICY_MESSAGE);
    PolicyNode[] nodes =
        List.of("a", "b", "c", "d", "e", "f").stream()
            .map(
                r ->
                    node(
                        "n" + r,
                        new PolicyState("web", "uid-web", 4L, true, "Reason" + r, message + r)))
            .toArray(PolicyNode[]::new);

    assertThat(status(WEB, List.of(), nodes).conditions())
        .allMatch(c -> c.message().length() <= Limits.MESSAGE);
  }
}
