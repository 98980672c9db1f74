package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyWriteLimitTest {

  /** Of somebody who would write whenever it may. */
  @Test
  void thereIsOneInTwoSecondsSixTimesAMinuteAndElseOneInTen() {
    long start = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos(); // nanoTime may run over
    EarlyWriteLimit limit = new EarlyWriteLimit(start);
    List<Long> seconds = new ArrayList<>();
    for (long second = 0; second < 130; second++) {
      long now = start + Duration.ofSeconds(second).toNanos();
      if (limit.untilEarly(now) <= 0) {
        limit.wrote(now);
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
    EarlyWriteLimit limit = new EarlyWriteLimit(0);
    limit.wrote(0);
    limit.wrote(0);
    long now = Duration.ofMillis(500).toNanos();

    assertThat(limit.untilEarly(now)).isEqualTo(Duration.ofMillis(1500).toNanos());
    assertThat(limit.untilRegular(now)).isEqualTo(Duration.ofMillis(9500).toNanos());

    limit.postpone(now, 7);
    assertThat(limit.untilRegular(now)).isEqualTo(7);
  }
}
