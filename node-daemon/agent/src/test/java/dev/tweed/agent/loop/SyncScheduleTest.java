package dev.tweed.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SyncScheduleTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  // Negative on purpose: a monotonic clock may start anywhere.
  private static final long NOW = -5 * SECOND;

  private final SyncSchedule schedule =
      new SyncSchedule(
          Duration.ofSeconds(60),
          new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(8), () -> 0));

  @Test
  void theFirstRunIsDueAtOnce() {
    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void afterSuccessItRestsUntilTheAudit() {
    run(true);

    assertThat(schedule.untilDue(NOW)).isEqualTo(60 * SECOND);
  }

  @Test
  void aRequestIsDueAtOnceAndServedByOneRun() {
    run(true);
    schedule.request();
    schedule.request();

    assertThat(schedule.untilDue(NOW)).isZero();
    run(true);
    assertThat(schedule.untilDue(NOW)).isPositive();
  }

  @Test
  void aRequestDuringARunCausesAnother() {
    schedule.started();
    schedule.request();
    schedule.finished(NOW, true);

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void aRepairIsDueAtOnceAfterSuccess() {
    run(true);
    schedule.requestRepair();

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void aRepairWaitsForTheRetryAfterFailure() {
    run(false);
    schedule.requestRepair();

    assertThat(schedule.untilDue(NOW)).isEqualTo(SECOND);
  }

  @Test
  void aNewPeerDoesNotWaitForTheRetry() {
    run(false);
    schedule.request();

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void failuresBackOffUpToTheLimitAndSuccessForgetsThem() {
    for (int expected : new int[] {1, 2, 4, 8, 8}) {
      run(false);
      assertThat(schedule.untilDue(NOW)).isEqualTo(expected * SECOND);
    }
    run(true);
    run(false);
    assertThat(schedule.untilDue(NOW)).isEqualTo(SECOND);
  }

  @Test
  void jitterShortensByUpToHalf() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(8), () -> 0.999);

    assertThat(backoff.nanos(1)).isBetween(SECOND / 2, SECOND / 2 + SECOND / 100);
  }

  private void run(boolean success) {
    schedule.started();
    schedule.finished(NOW, success);
  }
}
