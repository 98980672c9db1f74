package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.status.StatusMapper.Urgency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportPacerTest {

  /** Of somebody who would write whenever it may. */
  @Test
  void thereIsOneInTwoSecondsSixTimesAMinuteAndElseOneInTen() {
    long start = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos(); // nanoTime may run over
    ReportPacer pacer = new ReportPacer(() -> 0, start);
    List<Long> seconds = new ArrayList<>();
    for (long second = 0; second < 130; second++) {
      long now = start + Duration.ofSeconds(second).toNanos();
      if (pacer.until(Urgency.AT_ONCE, 0, now) <= 0) {
        pacer.wrote(now);
        seconds.add(second);
      }
    }

    assertThat(seconds)
        .containsExactly(
            0L, 1L, 3L, 5L, 7L, 9L, 11L, 21L, 31L, 41L, 51L, 61L, 62L, 64L, 66L, 68L, 70L, 72L, 82L,
            92L, 102L, 112L, 122L, 123L, 125L, 127L, 129L);
  }

  @Test
  void itSaysHowLongToWait() {
    ReportPacer pacer = new ReportPacer(() -> 0, 0);
    pacer.wrote(0);
    pacer.wrote(0);
    long now = Duration.ofMillis(500).toNanos();

    assertThat(pacer.until(Urgency.AT_ONCE, 0, now)).isEqualTo(Duration.ofMillis(1500).toNanos());
    assertThat(pacer.until(Urgency.REGULAR, 0, now)).isEqualTo(Duration.ofMillis(9500).toNanos());

    pacer.postpone(now, 7);
    assertThat(pacer.until(Urgency.REGULAR, 0, now)).isEqualTo(7);
  }

  @Test
  void figuresWaitTheLongerTheMoreNodesThereAreFromWhenTheyFirstDiffer() {
    ReportPacer pacer = new ReportPacer(() -> 0.5, 0);
    long second = Duration.ofSeconds(1).toNanos();

    assertThat(pacer.until(Urgency.FIGURES, 100, 0)).isEqualTo(150 * second);
    assertThat(pacer.until(Urgency.FIGURES, 200, 10 * second)).isEqualTo(140 * second);

    // What else is told tells them, too
    assertThat(pacer.until(Urgency.REGULAR, 200, 20 * second)).isNegative();
    assertThat(pacer.until(Urgency.FIGURES, 1, 20 * second)).isEqualTo(7_500_000_000L);
    assertThat(pacer.until(Urgency.NONE, 1, 20 * second)).isEqualTo(Long.MAX_VALUE);
    assertThat(pacer.until(Urgency.FIGURES, 5000, 20 * second)).isEqualTo(900 * second);
  }
}
