package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.probe.ChecksumTrial.Phase;
import dev.tweed.ip.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
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

  /** It is said before it is done. */
  private void tryOff(long now) {
    step(ONE, OTHER, now);
    assertThat(on).isTrue();
    assertThat(trial.verdict(true, true)).isEqualTo(TxChecksum.TRYING);
    step(ONE, OTHER, now);
    assertThat(on).isFalse();
    assertThat(trial.verdict(false, true)).isEqualTo(TxChecksum.TRYING);
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
    tryOff(0);

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
    tryOff(0);
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
    tryOff(0);
    step(ONE, NONE, LONG);
    step(ONE, NONE, 60 * LONG);
    assertThat(trial.phase()).isEqualTo(Phase.ACQUITTED);
    step(ONE, NONE, 61 * LONG);
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
  void whatIsOverBeforeItIsTriedIsNotTried() {
    step(ONE, NONE, 0);
    assertThat(step(NONE, ONE, 1)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isTrue();
  }

  @Test
  void somebodyWhoSwitchesItMeanwhileIsHeard() {
    step(ONE, NONE, 0);
    on = false;
    assertThat(step(ONE, NONE, 1)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isFalse();

    on = true;
    tryOff(2);
    on = true;
    assertThat(step(ONE, NONE, 3)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isTrue();
  }

  @Test
  void whatCannotBeSwitchedOffIsNeitherJudgedNorLeft() {
    step(ONE, NONE, 0);
    for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      trial = trial.failed(0);

      assertThat(trial.verdict(true, true)).isEqualTo(TxChecksum.NOT_SWITCHED);
      assertThat(trial.step(true, ONE, NONE, minutes * LONG - 1).offload()).isEmpty();
      assertThat(trial.step(true, ONE, NONE, minutes * LONG).offload()).contains(false);
    }

    // When it is allowed at last, it is tried as ever
    step(ONE, NONE, 60 * LONG);
    assertThat(on).isFalse();
    step(NONE, ONE, 60 * LONG + 1);
    assertThat(trial).isEqualTo(ChecksumTrial.CONVICTED);
  }

  @Test
  void whatCannotBeSwitchedOnAgainIsTriedUntilItCan() {
    tryOff(0);
    ChecksumTrial.Step end = trial.step(on, ONE, NONE, LONG);
    assertThat(end.offload()).contains(true);
    trial = trial.failed(LONG);

    assertThat(trial.verdict(on, true)).isEqualTo(TxChecksum.NOT_SWITCHED);
    step(NONE, ONE, 2 * LONG - 1);
    assertThat(on).as("who answers after the trial convicts nobody").isFalse();
    step(NONE, ONE, 2 * LONG);
    assertThat(on).isTrue();
    assertThat(trial).isEqualTo(ChecksumTrial.NONE);
  }

  @Test
  void aTrialThatNobodySawTheEndOfIsUndone() {
    // Given one that was switched off
    trial = ChecksumTrial.abandoned(7);
    on = false;
    assertThat(trial.verdict(false, false)).isEqualTo(TxChecksum.TRYING);
    assertThat(step(NONE, ONE, 7)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isTrue();

    // And one that was not yet
    trial = ChecksumTrial.abandoned(8);
    assertThat(step(NONE, NONE, 8)).isEqualTo(ChecksumTrial.NONE);
    assertThat(on).isTrue();
  }

  /** Whoever answers, whatever somebody else switches, and however often the kernel refuses. */
  @Property
  void whatItSwitchedOffIsInATrialOrHelpedAndNobodyElsesSwitchIsTurned(
      @ForAll @Size(max = 60) List<@IntRange(max = 31) Integer> events) {
    boolean isOn = true;
    boolean own = false;
    long now = 0;
    ChecksumTrial current = ChecksumTrial.NONE;
    for (int event : events) {
      now += (event & 1) == 0 ? 1 : LONG;
      if ((event & 2) != 0) {
        isOn = !isOn;
        own = false;
      }
      ChecksumTrial.Step step =
          current.step(isOn, (event & 4) == 0 ? NONE : ONE, (event & 8) == 0 ? NONE : ONE, now);
      if (step.offload().isPresent() && (event & 16) != 0) {
        current = current.failed(now);
      } else {
        current = step.trial();
        if (step.offload().isPresent()) {
          assertThat(isOn || own).as("switched on again, who has switched it off").isTrue();
          isOn = step.offload().get();
          own = !isOn;
        }
      }
      if (own) {
        assertThat(current.phase()).isIn(Phase.TRYING, Phase.CONVICTED);
      }
    }
  }
}
