package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusPacerTest {
  private static FirewallPolicyStatus status(
      long generation, String reason, String message, int selected, int applied) {
    return new FirewallPolicyStatus(
        generation,
        List.of(
            new Condition("Applied", "False", reason, message, "2026-01-01T00:00:00Z", generation)),
        selected,
        applied,
        List.of());
  }

  private static final FirewallPolicyStatus WRITTEN = status(1, "Pending", "0 of 5000", 5_000, 0);

  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
  private static final StatusPacer JUST_WRITTEN = StatusPacer.START.wrote(WRITTEN, WRITTEN, NOW);

  private static final FirewallPolicyStatus OTHER = status(1, "Locked", "0 of 5000", 5_000, 0);

  @Test
  void anotherReasonDoesNotWait() {
    assertThat(JUST_WRITTEN.wait(WRITTEN, OTHER, NOW).isPositive()).isFalse();
  }

  @Test
  void anotherGenerationDoesNotWait() {
    assertThat(JUST_WRITTEN.wait(WRITTEN, status(2, "Pending", "0 of 5000", 5_000, 0), NOW))
        .isZero();
  }

  @Test
  void onManyNodesNumbersWait() {
    assertThat(JUST_WRITTEN.wait(WRITTEN, status(1, "Pending", "7 of 5000", 5_000, 7), NOW))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(JUST_WRITTEN.wait(WRITTEN, status(1, "Pending", "7 of 1000", 1_000, 7), NOW))
        .isEqualTo(Duration.ofSeconds(10));
    assertThat(
            JUST_WRITTEN.wait(
                WRITTEN, status(1, "Pending", "7 of 1000", 1_000, 7), NOW.plusSeconds(10)))
        .isZero();
  }

  @Test
  void onAFewNodesNothingWaits() {
    assertThat(JUST_WRITTEN.wait(WRITTEN, status(1, "Pending", "7 of 50", 50, 7), NOW)).isZero();
  }

  @Test
  void whoChangesItsMindAllTheTimeIsNotToldAllTheTime() {
    assertThat(writtenWithin(Duration.ofMinutes(10))).isEqualTo(5 + 19);
  }

  @Test
  void aSpecThatIsNewDoesNotWaitForTheNewsOfTheOneBefore() {
    StatusPacer busy = StatusPacer.START;
    for (int i = 0; i < 100; i++) {
      busy = busy.wrote(WRITTEN, OTHER, NOW);
    }

    assertThat(busy.wait(WRITTEN, status(2, "Pending", "", 5_000, 0), NOW)).isZero();
  }

  /** Writes of a status that is another each second. */
  private static int writtenWithin(Duration time) {
    StatusPacer pacer = StatusPacer.START;
    int count = 0;
    for (Instant at = NOW; at.isBefore(NOW.plus(time)); at = at.plusSeconds(1)) {
      FirewallPolicyStatus before = count % 2 == 0 ? WRITTEN : OTHER;
      FirewallPolicyStatus after = count % 2 == 0 ? OTHER : WRITTEN;
      if (!pacer.wait(before, after, at).isPositive()) {
        pacer = pacer.wrote(before, after, at);
        count++;
      }
    }
    return count;
  }
}
