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
          condition("Ready", "True", "Ready"),
          condition("Progressing", "False", "AsExpected"),
          condition("Degraded", "False", "AsExpected"));

  private static final List<Condition> ON_THE_WAY =
      List.of(
          condition("Accepted", "True", "Accepted"),
          condition("Allocated", "False", "Allocating"),
          condition("Ready", "False", "Allocating"),
          condition("Progressing", "True", "Allocating"),
          condition("Degraded", "False", "AsExpected"));

  private static List<Transition> between(List<Condition> before, List<Condition> after) {
    return Transition.between(before, after);
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

  private static List<Condition> status(String ready, String degraded, String reason) {
    return List.of(
        READY.get(0),
        READY.get(1),
        condition("Ready", ready, ready.equals("True") ? "Ready" : reason),
        READY.get(3),
        condition("Degraded", degraded, degraded.equals("True") ? reason : "AsExpected"));
  }

  @Test
  void nodesThatFailWarnOnceAndTheEndIsTold() {
    List<Condition> some = status("True", "True", "NodesNotReady");

    assertThat(between(READY, some))
        .singleElement()
        .satisfies(
            t -> {
              assertThat(t.warning()).isTrue();
              assertThat(t.reason()).isEqualTo("NodesNotReady");
            });
    assertThat(reasons(READY, status("False", "True", "NodesNotReady")))
        .containsExactly("NodesNotReady");
    assertThat(between(some, READY))
        .singleElement()
        .satisfies(t -> assertThat(t.warning()).isFalse());
  }

  @Test
  void thatSoManyFailThatTheNetworkCannotBeUsedIsNewsToo() {
    List<Condition> some = status("True", "True", "DaemonsSilent");

    assertThat(between(some, status("False", "True", "DaemonsSilent")))
        .extracting(Transition::action)
        .containsExactly("Ready");
  }

  @Test
  void aNodeThatJoinsIsNoEvent() {
    List<Condition> joining =
        List.of(
            READY.get(0),
            READY.get(1),
            READY.get(2),
            condition("Progressing", "True", "NodesJoining"),
            READY.get(4));

    assertThat(between(READY, joining)).isEmpty();
    assertThat(between(joining, READY)).isEmpty();
  }

  @Test
  void anOverlapIsToldOnce() {
    List<Condition> overlap =
        List.of(
            condition("Accepted", "False", "PoolOverlap"),
            condition("Allocated", "False", "PoolOverlap"),
            condition("Ready", "False", "PoolOverlap"),
            condition("Progressing", "False", "AsExpected"),
            condition("Degraded", "True", "PoolOverlap"),
            condition("Stalled", "True", "PoolOverlap"));
    assertThat(reasons(List.of(), overlap)).containsExactly("PoolOverlap");
    assertThat(reasons(READY, overlap)).containsExactly("PoolOverlap");
  }

  private static List<Condition> reach(String ready, String reachable, String reason) {
    boolean bad = reachable.equals("False") || ready.equals("False");
    return List.of(
        READY.get(0),
        READY.get(1),
        condition("Ready", ready, ready.equals("True") ? "Ready" : "NodesUnreachable"),
        READY.get(3),
        condition("Degraded", bad ? "True" : "False", bad ? "NodesUnreachable" : "AsExpected"),
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
  void thatTheNetworkCannotBeUsedForItLaterIsAnother() {
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
        condition("Applied", applied.equals("AppliedEverywhere") ? "True" : "False", applied),
        condition("Ready", applied.equals("AppliedEverywhere") ? "True" : "False", applied));
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
