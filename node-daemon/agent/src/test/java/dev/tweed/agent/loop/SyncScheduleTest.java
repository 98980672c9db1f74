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
          new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(16), () -> 0),
          Duration.ofSeconds(1));

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
  void onlyWhoAsksForARunEarlierThanAllOthersIsNews() {
    run(true);

    assertThat(schedule.requestAt(NOW + 5 * SECOND)).isTrue();
    assertThat(schedule.requestAt(NOW + 5 * SECOND)).isFalse();
    assertThat(schedule.requestAt(NOW + 6 * SECOND)).isFalse();
    assertThat(schedule.untilDue(NOW)).isEqualTo(5 * SECOND);
    assertThat(schedule.requestAt(NOW + 4 * SECOND)).isTrue();
    assertThat(schedule.untilDue(NOW)).isEqualTo(4 * SECOND);
    run(true);
    assertThat(schedule.requestAt(NOW + 6 * SECOND)).isTrue();
  }

  @Test
  void aRequestDuringARunCausesAnother() {
    schedule.started(NOW);
    schedule.request();
    schedule.finished(NOW, true);

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void whatWasDoneAheadOfARunIsFollowedByOneWhenNothingMoreComes() {
    run(true);
    schedule.requestAhead();

    assertThat(schedule.untilDue(NOW)).isEqualTo(60 * SECOND);
    assertThat(schedule.takeAhead()).isTrue();
    assertThat(schedule.takeAhead()).isFalse();
    schedule.triedAhead(NOW, true);
    assertThat(schedule.untilDue(NOW)).isEqualTo(SECOND);

    // More of it puts that off, but not for ever
    for (int i = 1; i <= 9; i++) {
      schedule.triedAhead(NOW + i * SECOND / 2, true);
    }
    assertThat(schedule.untilDue(NOW + 5 * SECOND)).isZero();
    assertThat(schedule.untilDue(NOW + 4 * SECOND)).isEqualTo(SECOND);
    run(true);
    assertThat(schedule.untilDue(NOW)).isEqualTo(60 * SECOND);
  }

  @Test
  void whatCannotBeDoneAheadIsForARunAtOnce() {
    run(true);
    schedule.triedAhead(NOW, false);

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void aRunServesWhatMayBeDoneAhead() {
    run(true);
    schedule.requestAhead();
    run(true);

    assertThat(schedule.takeAhead()).isFalse();
  }

  @Test
  void aRepairIsDueAtOnceAfterSuccess() {
    run(true);
    schedule.requestRepair();

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void whileSomethingFailsARepairIsDueAfterThePause() {
    // Given a failure that stays, and so a retry 16 s away
    long now = NOW;
    for (int wait : new int[] {2, 4, 8, 0}) {
      run(now, false);
      now += wait * SECOND;
    }

    // When something has to be repaired right after a failed run, or later
    schedule.requestRepair();

    assertThat(schedule.untilDue(now)).isEqualTo(SECOND);
    assertThat(schedule.untilDue(now + 3 * SECOND)).isNotPositive();
  }

  @Test
  void repairsWhileSomethingFailsDoNotPutOffItsRetry() {
    // Given a failure that is tried again in two seconds
    run(false);

    // When a repair in between fails as well
    schedule.requestRepair();
    run(NOW + SECOND, false);

    // Then that counts for nothing
    assertThat(schedule.untilDue(NOW + SECOND)).isEqualTo(SECOND);
    run(NOW + 2 * SECOND, false);
    assertThat(schedule.untilDue(NOW + 2 * SECOND)).isEqualTo(4 * SECOND);
  }

  @Test
  void aFailureThatCausesRepairsDoesNotSpin() {
    int runs = 0;
    for (long now = NOW; now - NOW < 60 * SECOND; now += SECOND / 100) {
      if (schedule.untilDue(now) <= 0) {
        schedule.started(now);
        schedule.requestRepair();
        schedule.finished(now, false);
        runs++;
      }
    }

    assertThat(runs).isLessThanOrEqualTo(70);
  }

  @Test
  void aNewPeerDoesNotWaitForTheRetry() {
    run(false);
    schedule.request();

    assertThat(schedule.untilDue(NOW)).isZero();
  }

  @Test
  void failuresBackOffUpToTheLimitAndSuccessForgetsThem() {
    long now = NOW;
    for (int expected : new int[] {2, 4, 8, 16, 16}) {
      run(now, false);
      assertThat(schedule.untilDue(now)).isEqualTo(expected * SECOND);
      now += expected * SECOND;
    }
    run(now, true);
    run(now, false);
    assertThat(schedule.untilDue(now)).isEqualTo(2 * SECOND);
  }

  @Test
  void aRunMayAskForAnotherThatAnyRunServes() {
    // Given a run that asks for another, and once more later
    schedule.started(NOW);
    schedule.requestAt(NOW + 5 * SECOND);
    schedule.requestAt(NOW + 7 * SECOND);
    schedule.finished(NOW, true);
    assertThat(schedule.untilDue(NOW)).isEqualTo(5 * SECOND);

    // When one comes for another reason
    run(NOW + SECOND, true);

    assertThat(schedule.untilDue(NOW + SECOND)).isEqualTo(60 * SECOND);
  }

  @Test
  void whatARunAskedForIsNotPutOffByItsFailure() {
    for (int i = 0; i < 4; i++) {
      run(false);
    }
    schedule.requestAt(NOW + SECOND);

    assertThat(schedule.untilDue(NOW)).isEqualTo(SECOND);
  }

  @Test
  void jitterShortensByUpToHalf() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(8), () -> 0.999);

    assertThat(backoff.nanos(1)).isBetween(SECOND / 2, SECOND / 2 + SECOND / 100);
  }

  private void run(boolean success) {
    run(NOW, success);
  }

  private void run(long now, boolean success) {
    schedule.started(now);
    schedule.finished(now, success);
  }
}
