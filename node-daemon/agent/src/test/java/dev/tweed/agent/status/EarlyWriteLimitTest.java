package dev.tweed.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyWriteLimitTest {

  private final EarlyWriteLimit limit = new EarlyWriteLimit();

  /** Of somebody who would write whenever it may. */
  @Test
  void thereIsOneInTwoSecondsAndSixInAMinute() {
    long start = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos(); // nanoTime may run over
    List<Long> seconds = new ArrayList<>();
    for (long second = 0; second < 130; second++) {
      long now = start + Duration.ofSeconds(second).toNanos();
      if (limit.until(now) == 0) {
        limit.wrote(now);
        seconds.add(second);
      }
    }

    assertThat(seconds)
        .containsExactly(
            0L, 2L, 4L, 6L, 8L, 10L, 60L, 62L, 64L, 66L, 68L, 70L, 120L, 122L, 124L, 126L, 128L);
  }

  @Test
  void itSaysHowLongToWait() {
    limit.wrote(0);

    assertThat(limit.until(Duration.ofMillis(500).toNanos()))
        .isEqualTo(Duration.ofMillis(1500).toNanos());
  }
}
