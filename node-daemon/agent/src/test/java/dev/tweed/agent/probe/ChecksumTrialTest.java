package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ChecksumTrial.Phase;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChecksumTrialTest {
  private static final long LONG = Duration.ofMinutes(1).toNanos();
  private static final Set<IpPrefix> NONE = Set.of();
  private static final Set<IpPrefix> ONE = Set.of(IpPrefix.parse("10.244.2.0/24"));
  private static final Set<IpPrefix> OTHER = Set.of(IpPrefix.parse("10.244.3.0/24"));

  private ChecksumTrial trial = ChecksumTrial.NONE;
  private boolean on = true;

  private ChecksumTrial step(Set<IpPrefix> damaged, Set<IpPrefix> answering, long now) {
    ChecksumTrial.Step step = trial.step(on, damaged, answering, now);
    on = step.offload().orElse(on);
    trial = step.trial();
    return trial;
  }

  @Test
  void nothingHappensWhereNobodyIsSilent() {
    assertThat(step(NONE, OTHER, 0)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isTrue();
    assertThat(trial.verdict(true, true)).isEqualTo(TxChecksum.WORKS);
    assertThat(trial.verdict(true, false)).isEqualTo(TxChecksum.NOT_MEASURED);
    assertThat(trial.verdict(false, true)).isEqualTo(TxChecksum.OFF);
  }

  @Test
  void itStaysOffIfThatPeerAnswersThen() {
    step(ONE, OTHER, 0);
    assertThat(on).isFalse();
    assertThat(trial.verdict(false, true)).isEqualTo(TxChecksum.NOT_MEASURED);

    // That others answer, as they did before, proves nothing
    step(ONE, OTHER, 1);
    assertThat(trial.phase()).isEqualTo(Phase.TRYING);

    step(NONE, ONE, 2);
    assertThat(on).isFalse();
    assertThat(trial.verdict(false, true)).isEqualTo(TxChecksum.DAMAGES);
    step(NONE, NONE, LONG);
    assertThat(on).isFalse();

    // Somebody switches it on, or the device is new
    on = true;
    assertThat(step(NONE, NONE, LONG)).isEqualTo(ChecksumTrial.NONE);
  }

  @Test
  void itIsOnAgainIfThatDoesNotHelpAndNotTriedAgainAtOnce() {
    step(ONE, OTHER, 0);
    step(ONE, OTHER, LONG);

    assertThat(on).isTrue();
    assertThat(trial.verdict(true, true)).isEqualTo(TxChecksum.DAMAGED_ANYWAY);
    step(ONE, OTHER, 2 * LONG);
    assertThat(on).isTrue();

    // Until it is over
    assertThat(step(NONE, ONE, 3 * LONG)).isEqualTo(ChecksumTrial.NONE);
  }

  @Test
  void afterAnHourItIsTriedAgain() {
    step(ONE, NONE, 0);
    step(ONE, NONE, LONG);
    step(ONE, NONE, 62 * LONG);
    assertThat(trial).isEqualTo(ChecksumTrial.NONE);
  }

  @Test
  void whatIsOffAnywayIsNotToBlame() {
    on = false;
    step(ONE, NONE, 0);

    assertThat(trial.phase()).isEqualTo(Phase.ACQUITTED);
    assertThat(on).isFalse();
  }

  @Test
  void thatItCannotBeReadForOnceChangesNoVerdict() {
    step(ONE, NONE, 0);
    step(NONE, ONE, 1);

    trial = trial.failed(2);
    step(NONE, ONE, LONG);

    assertThat(trial.verdict(on, true)).isEqualTo(TxChecksum.DAMAGES);
  }

  @Test
  void somebodyWhoSwitchesItOnMeanwhileIsHeard() {
    step(ONE, NONE, 0);
    on = true;

    assertThat(trial.step(true, ONE, NONE, 1))
        .isEqualTo(new ChecksumTrial.Step(ChecksumTrial.NONE, Optional.empty()));
  }
}
