package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapTrimmerTest {

  private static final long MB = 1 << 20;

  private long heap = 40 * MB;
  private long now = -TimeUnit.DAYS.toNanos(1);
  private int collections;
  private final HeapTrimmer trimmer = new HeapTrimmer(() -> heap, this::collect, () -> now);

  @Test
  void collectsAfterTheFirstList() {
    trimmer.afterSync();

    assertThat(collections).isOne();
  }

  @Test
  void leavesAHeapThatHasNotGrownAlone() {
    trimmer.afterSync();
    now += TimeUnit.HOURS.toNanos(1);
    heap += 7 * MB;
    trimmer.afterSync();

    assertThat(collections).isOne();
  }

  @Test
  void collectsAGrownHeapButNotAtEverySync() {
    trimmer.afterSync();
    heap += 9 * MB;

    // When peers come by the second
    trimmer.afterSync();
    assertThat(collections).isOne();

    now += TimeUnit.MINUTES.toNanos(1);
    trimmer.afterSync();
    assertThat(collections).isEqualTo(2);
  }

  private void collect() {
    collections++;
    heap = 15 * MB;
  }
}
