package dev.tweed.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.app.OperatorLifecycle.Phase;
import dev.tweed.operator.app.OperatorLifecycle.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OperatorHealthTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant SOON = BEGIN.plus(Duration.ofMinutes(4));
  private static final Optional<Instant> NO = Optional.empty();
  private static final Instant LATE = BEGIN.plus(Duration.ofMinutes(6));

  @Test
  void whatWatchesNothingForLongIsEnded() {
    OperatorLifecycle.Phase leading = new OperatorLifecycle.Phase(State.LEADING, BEGIN);

    assertThat(OperatorHealth.hangs(leading, NO, NO, Optional.of(BEGIN), SOON)).isFalse();
    assertThat(OperatorHealth.hangs(leading, NO, NO, Optional.of(BEGIN), LATE)).isTrue();
  }

  @Test
  void aStartThatTakesMinutesHangs() {
    Phase starting = new Phase(State.STARTING, BEGIN);

    assertThat(OperatorHealth.hangs(starting, NO, NO, NO, SOON)).isFalse();
    assertThat(OperatorHealth.hangs(starting, NO, NO, NO, LATE)).isTrue();
  }

  @Test
  void aRunThatTakesMinutesHangs() {
    Phase leading = new Phase(State.LEADING, BEGIN.minus(Duration.ofDays(1)));

    assertThat(OperatorHealth.hangs(leading, Optional.of(BEGIN), NO, NO, SOON)).isFalse();
    assertThat(OperatorHealth.hangs(leading, Optional.of(BEGIN), NO, NO, LATE)).isTrue();
  }

  @Test
  void anElectionThatNobodyHeldForMinutesHangs() {
    Phase standby = new Phase(State.STANDBY, BEGIN);

    assertThat(OperatorHealth.hangs(standby, NO, Optional.of(BEGIN), NO, SOON)).isFalse();
    assertThat(OperatorHealth.hangs(standby, NO, Optional.of(BEGIN), NO, LATE)).isTrue();
  }

  @Test
  void standingByForLongIsNoHanging() {
    Phase standby = new Phase(State.STANDBY, BEGIN.minus(Duration.ofDays(1)));

    assertThat(OperatorHealth.hangs(standby, NO, Optional.of(SOON), NO, LATE)).isFalse();
  }

  @Test
  void whatFailsForMinutesHasToBeLookedAt() {
    assertThat(OperatorHealth.failsForLong(NO, LATE)).isFalse();
    assertThat(OperatorHealth.failsForLong(Optional.of(SOON), LATE)).isFalse();
    assertThat(OperatorHealth.failsForLong(Optional.of(BEGIN), SOON)).isTrue();
  }
}
