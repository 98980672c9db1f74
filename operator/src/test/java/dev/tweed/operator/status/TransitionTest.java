package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransitionTest {
  private static Condition condition(String type, String status, String reason) {
    return new Condition(type, status, reason, "message", "2026-01-01T00:00:00Z", 1L);
  }

  private static final List<Condition> READY =
      List.of(
          condition("Accepted", "True", "Accepted"),
          condition("Allocated", "True", "Allocated"),
          condition("Ready", "True", "Ready"));

  private static final List<Condition> ON_THE_WAY =
      List.of(
          condition("Accepted", "True", "Accepted"),
          condition("Allocated", "False", "Allocating"),
          condition("Ready", "False", "Allocating"));

  private static List<Transition> between(List<Condition> before, List<Condition> after) {
    return Transition.between(before, after, true);
  }

  private static List<String> reasons(List<Condition> before, List<Condition> after) {
    return between(before, after).stream().map(Transition::reason).toList();
  }

  @Test
  void nothingNewIsNoEvent() {
    assertThat(between(READY, READY)).isEmpty();
  }

  @Test
  void stepsOnTheWayAreNoEvents() {
    assertThat(reasons(List.of(), ON_THE_WAY)).containsExactly("Accepted");
  }

  @Test
  void arrivalIsOneEventForEachCondition() {
    assertThat(reasons(ON_THE_WAY, READY)).containsExactly("Allocated", "Ready");
    assertThat(between(ON_THE_WAY, READY)).noneMatch(Transition::warning);
  }

  @Test
  void aNetworkThatWasReadyAndIsNoLongerWarns() {
    List<Condition> fallen =
        List.of(READY.get(0), READY.get(1), condition("Ready", "False", "NodesNotReady"));
    assertThat(between(READY, fallen))
        .singleElement()
        .satisfies(
            t -> {
              assertThat(t.warning()).isTrue();
              assertThat(t.reason()).isEqualTo("NodesNotReady");
            });
  }

  @Test
  void aNodeThatJoinsIsNoEventBeforeItIsThrough() {
    List<Condition> joining =
        List.of(READY.get(0), READY.get(1), condition("Ready", "False", "NodesNotReady"));

    assertThat(Transition.between(READY, joining, false)).isEmpty();
    assertThat(Transition.between(joining, READY, false))
        .extracting(Transition::reason)
        .containsExactly("Ready");
  }

  @Test
  void anOverlapIsToldOnce() {
    List<Condition> overlap =
        List.of(
            condition("Accepted", "False", "PoolOverlap"),
            condition("Allocated", "False", "PoolOverlap"),
            condition("Ready", "False", "PoolOverlap"));
    assertThat(reasons(List.of(), overlap)).containsExactly("PoolOverlap");
  }

  private static List<Condition> reach(String ready, String reachable, String reason) {
    return List.of(
        READY.get(0),
        READY.get(1),
        condition("Ready", ready, ready.equals("True") ? "Ready" : "NodesUnreachable"),
        condition("Reachable", reachable, reason));
  }

  @Test
  void nodesThatDoNotReachEachOtherAreOneEvent() {
    List<Condition> well = reach("True", "True", "NodesReachable");

    assertThat(between(READY, well)).isEmpty();
    assertThat(between(READY, reach("True", "Unknown", "Probing"))).isEmpty();
    assertThat(reasons(well, reach("False", "False", "NodesUnreachable")))
        .containsExactly("NodesUnreachable");
    assertThat(between(well, reach("False", "False", "NodesUnreachable")))
        .allMatch(Transition::warning);
  }

  @Test
  void thatANodeIsNotReadyForItLaterIsAnother() {
    List<Condition> onePair = reach("True", "False", "NodesUnreachable");

    assertThat(reasons(onePair, reach("False", "False", "NodesUnreachable")))
        .containsExactly("NodesUnreachable");
  }

  @Test
  void thatNodesReachEachOtherAgainIsToldAndThatNobodyKnowsIsNot() {
    List<Condition> onePair = reach("True", "False", "NodesUnreachable");

    assertThat(reasons(onePair, reach("True", "True", "NodesReachable")))
        .containsExactly("NodesReachable");
    assertThat(reasons(onePair, reach("True", "Unknown", "ProbesOff"))).isEmpty();
  }

  private static List<Condition> policy(String accepted, String applied) {
    return List.of(
        condition("Accepted", accepted.equals("Accepted") ? "True" : "False", accepted),
        condition("Applied", applied.equals("AppliedEverywhere") ? "True" : "False", applied));
  }

  private static List<String> ofPolicy(List<Condition> before, List<Condition> after) {
    return Transition.ofPolicy(before, after).stream()
        .map(t -> (t.warning() ? "Warning " : "Normal ") + t.reason())
        .toList();
  }

  @Test
  void aPolicyThatIsRolledOutWithoutAFaultIsNoEvent() {
    assertThat(ofPolicy(List.of(), policy("Accepted", "Pending"))).isEmpty();
    assertThat(ofPolicy(policy("Accepted", "Pending"), policy("Accepted", "AppliedEverywhere")))
        .isEmpty();
  }

  @Test
  void aFaultOfAPolicyWarnsOnce() {
    List<Condition> fault = policy("Accepted", "WouldLockOut");

    assertThat(ofPolicy(policy("Accepted", "Pending"), fault))
        .containsExactly("Warning WouldLockOut");
    assertThat(ofPolicy(fault, fault)).isEmpty();
  }

  @Test
  void theEndOfAFaultIsTold() {
    assertThat(
            ofPolicy(policy("Accepted", "WouldLockOut"), policy("Accepted", "AppliedEverywhere")))
        .containsExactly("Normal AppliedEverywhere");
  }

  @Test
  void whatIsWrongForAllNodesIsToldOnce() {
    assertThat(
            ofPolicy(
                policy("UnknownPodNetwork", "Pending"),
                policy("UnknownPodNetwork", "UnknownPodNetwork")))
        .isEmpty();
    assertThat(ofPolicy(List.of(), policy("UnknownPodNetwork", "Pending")))
        .containsExactly("Warning UnknownPodNetwork");
  }
}
