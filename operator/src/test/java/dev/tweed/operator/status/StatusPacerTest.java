package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.operator.status.StatusPacer.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusPacerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private static Told told(long generation, String status, String reason, int nodes) {
    return told(generation, nodes, condition("Ready", status, reason, "some of them"));
  }

  private static Told told(long generation, int nodes, Condition... conditions) {
    return new Told(Optional.of(generation), List.of(conditions), nodes, true);
  }

  private static Condition condition(String type, String status, String reason, String message) {
    return new Condition(type, status, reason, message, "2026-01-01T00:00:00Z", 1L);
  }

  private static Told ready(int nodes) {
    return told(1, nodes, condition("Ready", "True", "Ready", nodes + " of " + nodes));
  }

  private static Told waiting(int nodes, int ready) {
    return told(1, nodes, condition("Ready", "False", "NodesNotReady", ready + " of " + nodes));
  }

  private static Told unreachable(int nodes) {
    return told(1, "False", "NodesUnreachable", nodes);
  }

  /** Just written, and different by now. */
  private static final StatusPacer WRITTEN =
      StatusPacer.START.wrote(ready(5_000), ready(5_000), NOW).differs(NOW);

  private static Duration wait(Told before, Told status) {
    return WRITTEN.wait(before, status, NOW);
  }

  @Test
  void anotherReasonDoesNotWait() {
    assertThat(wait(ready(5_000), unreachable(5_000)).isPositive()).isFalse();
    assertThat(wait(waiting(5_000, 4_999), ready(5_000)).isPositive()).isFalse();
  }

  @Test
  void anotherGenerationDoesNotWait() {
    assertThat(wait(ready(5_000), told(2, "False", "NodesNotReady", 5_000))).isZero();
    assertThat(wait(Told.of((PodNetworkStatus) null), waiting(5_000, 0))).isZero();
  }

  @Test
  void aConditionThatGoesDoesNotWait() {
    Condition ready = condition("Ready", "True", "Ready", "");
    Condition suspended = condition("ReleaseSuspended", "True", "TooMany", "");

    assertThat(wait(told(1, 5_000, ready, suspended), told(1, 5_000, ready)).isPositive())
        .isFalse();
  }

  @Test
  void thatANetworkIsInUseDoesNotWait() {
    Told unused = new Told(Optional.of(1L), ready(5_000).conditions(), 5_000, false);

    assertThat(wait(unused, ready(5_000)).isPositive()).isFalse();
  }

  @Test
  void onManyNodesNumbersWait() {
    assertThat(wait(waiting(5_000, 0), waiting(5_000, 7))).isEqualTo(Duration.ofSeconds(30));
    assertThat(wait(waiting(1_000, 0), waiting(1_000, 7))).isEqualTo(Duration.ofSeconds(10));
    assertThat(WRITTEN.wait(waiting(1_000, 0), waiting(1_000, 7), NOW.plusSeconds(10)).isPositive())
        .isFalse();
  }

  @Test
  void numbersOfWhatIsInOrderWaitLonger() {
    assertThat(wait(ready(5_000), ready(5_001))).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void onAFewNodesNumbersDoNotWaitButForEachOther() {
    assertThat(wait(waiting(50, 0), waiting(50, 7))).isZero();
    assertThat(wait(ready(50), ready(51))).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void onAFewNodesOneThatJoinsIsWrittenOnce() {
    // Given a node that is on its way, told only if it stays there
    StatusPacer pacer = WRITTEN.agrees().differs(NOW.plusSeconds(60));
    assertThat(pacer.wait(ready(50), waiting(51, 50), NOW.plusSeconds(60)))
        .isEqualTo(Duration.ofSeconds(10));

    // When it is through before that, then it is written at once
    assertThat(pacer.wait(ready(50), ready(51), NOW.plusSeconds(63)).isPositive()).isFalse();
  }

  @Test
  void aNodeThatJoinsIsNotToldBeforeItIsThrough() {
    // Given a large network in order, of which nothing was written for long
    StatusPacer pacer = WRITTEN.agrees();
    Instant joined = NOW.plus(Duration.ofHours(1));

    // When a node joins, is allocated a block, and is ready after 20 s
    List<Instant> written = new ArrayList<>();
    Told before = ready(5_000);
    for (int second = 0; second < 600; second++) {
      Told status =
          second < 2
              ? told(1, "False", "Allocating", 5_001)
              : second < 20 ? waiting(5_001, 5_000) : ready(5_001);
      Instant now = joined.plusSeconds(second);
      pacer = pacer.differs(now);
      if (!pacer.wait(before, status, now).isPositive()) {
        pacer = pacer.wrote(before, status, now);
        written.add(now);
        before = status;
      }
      if (before.equals(status)) {
        pacer = pacer.agrees();
      }
    }

    // Then its number comes once, minutes later
    assertThat(written).containsExactly(joined.plus(Duration.ofMinutes(5)));
  }

  @Test
  void aNodeThatDoesNotGetThroughIsTold() {
    Instant later = NOW.plus(Duration.ofHours(1));
    StatusPacer pacer = WRITTEN.agrees().differs(later);

    assertThat(pacer.wait(ready(5_000), waiting(5_001, 5_000), later))
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void whoChangesItsMindAllTheTimeIsNotToldAllTheTime() {
    assertThat(writtenWithin(Duration.ofMinutes(10))).isEqualTo(5 + 19);
  }

  @Test
  void aSpecThatIsNewDoesNotWaitForTheNewsOfTheOneBefore() {
    StatusPacer busy = StatusPacer.START;
    for (int i = 0; i < 100; i++) {
      busy = busy.wrote(ready(5_000), unreachable(5_000), NOW);
    }

    assertThat(busy.wait(ready(5_000), told(2, "False", "NodesNotReady", 5_000), NOW)).isZero();
  }

  /** Writes of a status that is another each second. */
  private static int writtenWithin(Duration time) {
    List<Told> turns = Arrays.asList(ready(5_000), unreachable(5_000));
    StatusPacer pacer = StatusPacer.START;
    int count = 0;
    for (Instant at = NOW; at.isBefore(NOW.plus(time)); at = at.plusSeconds(1)) {
      Told before = turns.get(count % 2);
      Told after = turns.get((count + 1) % 2);
      pacer = pacer.differs(at);
      if (!pacer.wait(before, after, at).isPositive()) {
        pacer = pacer.wrote(before, after, at);
        count++;
      }
    }
    return count;
  }
}
