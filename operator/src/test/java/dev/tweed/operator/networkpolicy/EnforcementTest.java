package dev.tweed.operator.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.crds.NetworkPolicyReportStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnforcementTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String PROGRAM = "p-0123456789abcdef0123";

  private final Map<String, NodeEnforcement> words = new HashMap<>();

  private Enforcement of(Map<String, Integer> pods) {
    return of(pods, List.of(), Optional.empty());
  }

  private Enforcement of(Map<String, Integer> pods, List<String> unread, Optional<String> refused) {
    return Enforcement.of(
        new PolicyOutlook(Optional.of("shop"), "web", "uid", 3, PROGRAM, pods, unread, refused),
        n -> Optional.ofNullable(words.get(n)));
  }

  private void says(String node, long generation, long dropped) {
    words.put(
        node,
        new NodeEnforcement(
            Map.of(PROGRAM, new NodeEnforcement.Program(generation, dropped)),
            Optional.empty(),
            List.of()));
  }

  private void says(String node, Optional<NodeEnforcement.Fault> fault, String... missing) {
    words.put(node, new NodeEnforcement(Map.of(), fault, List.of(missing)));
  }

  @Test
  void everyNodeWithAPodCountsAndNoOther() {
    says("a", 3, 5);
    says("b", 3, 2);
    says("c", 2, 100);

    NetworkPolicyReportStatus status = of(Map.of("a", 1, "b", 2)).status(Optional.empty(), NOW);

    assertThat(status.nodes()).isEqualTo("2/2");
    assertThat(status.pods()).isEqualTo(3);
    assertThat(status.dropped()).isEqualTo(7);
    assertThat(status.failures()).isEmpty();
    assertThat(status.conditions())
        .containsExactly(
            new Condition(
                "Enforced",
                "True",
                "EnforcedEverywhere",
                "in force on 2 of 2 nodes, for 3 of 3 pods",
                "2026-03-01T12:00:00Z",
                3L));
  }

  @Test
  void anEarlierGenerationIsNotInForce() {
    says("a", 2, 0);

    Enforcement found = of(Map.of("a", 1));

    assertThat(found.holds()).isFalse();
    assertThat(found.isOnItsWay()).isTrue();
    assertThat(found.failures()).extracting(Failure::reason).containsExactly("Pending");
  }

  @Test
  void whatSomebodyCanMendIsNamedBeforeWhatPasses() {
    says("a", 2, 0);
    says(
        "b",
        Optional.of(new NodeEnforcement.Fault("BridgeBypassed", "bridge-nf-call-iptables is 0")));
    says("c", Optional.of(new NodeEnforcement.Fault("Pending", "")), "s-0123456789abcdef0123");
    says("d", 3, 0);

    Condition condition =
        of(Map.of("a", 1, "b", 1, "c", 1, "d", 4, "e", 1)).condition(Optional.empty(), NOW);

    assertThat(condition.status()).isEqualTo("False");
    assertThat(condition.reason()).isEqualTo("BridgeBypassed");
    assertThat(condition.message())
        .isEqualTo(
            "in force on 1 of 5 nodes, for 4 of 8 pods; not on b and 3 more nodes:"
                + " bridge-nf-call-iptables is 0");
    assertThat(of(Map.of("a", 1, "b", 1, "c", 1, "e", 1)).failures())
        .extracting(Failure::node, Failure::reason)
        .containsExactly(
            tuple("a", "Pending"),
            tuple("b", "BridgeBypassed"),
            tuple("c", "PeersMissing"),
            tuple("e", "NotReported"));
  }

  @Test
  void oneThatSelectsNobodyIsInForce() {
    Condition condition = of(Map.of()).condition(Optional.empty(), NOW);

    assertThat(condition.status()).isEqualTo("True");
    assertThat(condition.reason()).isEqualTo("NoPodSelected");
  }

  @Test
  void oneThatCannotBeWrittenIsNotInForceWhateverNodesSay() {
    says("a", 3, 0);

    Enforcement found = of(Map.of("a", 1), List.of(), Optional.of("too many rules"));

    assertThat(found.condition(Optional.empty(), NOW).reason()).isEqualTo("ProgramRefused");
    assertThat(found.isOnItsWay()).isFalse();
  }

  @Test
  void oneThatIsNotUnderstoodIsNotInForceAsItIsWrittenWhateverNodesSay() {
    says("a", 3, 0);

    Enforcement found =
        of(
            Map.of("a", 1),
            List.of("spec.egress[0].to[0]: matches nothing", "spec.later: it is ignored"),
            Optional.empty());

    assertThat(found.holds()).isFalse();
    assertThat(found.isOnItsWay()).isFalse();
    assertThat(found.condition(Optional.empty(), NOW))
        .extracting(Condition::status, Condition::reason, Condition::message)
        .containsExactly(
            "False",
            "UnknownValue",
            "not in force as it is written, for this version does not know"
                + " spec.egress[0].to[0]: matches nothing; spec.later: it is ignored; in force on 1"
                + " of 1 node, for 1 of 1 pod");
    assertThat(found.status(Optional.empty(), NOW).nodes()).isEqualTo("1/1");
  }

  @Test
  void sinceWhenStaysWhileTheStatusDoes() {
    says("a", 3, 0);
    Condition before = of(Map.of("a", 1)).condition(Optional.empty(), NOW);

    Condition after =
        of(Map.of("a", 2)).condition(Optional.of(before), NOW.plus(Duration.ofHours(1)));

    assertThat(after.lastTransitionTime()).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(after.message()).contains("2 of 2 pods");
  }

  @Test
  void aPodThatComesToAnotherNodeIsNoNewsAtFirst() {
    // Given one in force, and a pod more on a node that has not loaded it
    says("a", 3, 0);
    NetworkPolicyReportStatus before = of(Map.of("a", 1)).status(Optional.empty(), NOW);
    Enforcement found = of(Map.of("a", 1, "b", 1));

    EnforcementPacer pacer = EnforcementPacer.START.differs(NOW);

    assertThat(pacer.earliest(Optional.of(before), found.status(Optional.empty(), NOW), true))
        .isEqualTo(NOW.plusSeconds(10));
    assertThat(pacer.earliest(Optional.of(before), found.status(Optional.empty(), NOW), false))
        .isEqualTo(NOW);
  }

  @Test
  void countersAreWrittenOnceAMinuteAndNewsEachSecond() {
    says("a", 3, 0);
    NetworkPolicyReportStatus before = of(Map.of("a", 1)).status(Optional.empty(), NOW);
    EnforcementPacer pacer = EnforcementPacer.START.wrote(NOW).differs(NOW.plusMillis(100));

    says("a", 3, 9);
    NetworkPolicyReportStatus counted = of(Map.of("a", 1)).status(Optional.empty(), NOW);
    NetworkPolicyReportStatus grown = of(Map.of("a", 2)).status(Optional.empty(), NOW);
    NetworkPolicyReportStatus broken =
        of(Map.of("a", 1), List.of(), Optional.of("no")).status(Optional.empty(), NOW);

    assertThat(pacer.earliest(Optional.of(before), counted, true)).isEqualTo(NOW.plusSeconds(60));
    assertThat(pacer.earliest(Optional.of(before), grown, true)).isEqualTo(NOW.plusSeconds(10));
    assertThat(pacer.earliest(Optional.of(before), broken, false)).isEqualTo(NOW.plusSeconds(1));
    assertThat(pacer.earliest(Optional.empty(), counted, true)).isEqualTo(NOW.plusMillis(100));
  }
}
