package dev.tweed.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus;
import java.time.Duration;
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

  @Test
  void anotherReasonDoesNotWait() {
    assertThat(StatusPacer.pause(WRITTEN, status(1, "WouldLockOut", "0 of 5000", 5_000, 0)))
        .isZero();
  }

  @Test
  void anotherGenerationDoesNotWait() {
    assertThat(StatusPacer.pause(WRITTEN, status(2, "Pending", "0 of 5000", 5_000, 0))).isZero();
  }

  @Test
  void onManyNodesNumbersWait() {
    assertThat(StatusPacer.pause(WRITTEN, status(1, "Pending", "7 of 5000", 5_000, 7)))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(StatusPacer.pause(WRITTEN, status(1, "Pending", "7 of 1000", 1_000, 7)))
        .isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void onAFewNodesNothingWaits() {
    assertThat(StatusPacer.pause(WRITTEN, status(1, "Pending", "7 of 50", 50, 7))).isZero();
  }
}
