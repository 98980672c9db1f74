package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapTrimmerTest {

  private static final long MB = 1 << 20;

  private long heap = 40 * MB;
  private long now = -TimeUnit.DAYS.toNanos(1);
  private int collections;
  private final List<Runnable> later = new ArrayList<>();
  private final HeapTrimmer trimmer =
      new HeapTrimmer(
          () -> heap,
          this::collect,
          () -> now,
          (delay, task) -> {
            assertThat(delay).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(15));
            later.add(task);
          });

  @Test
  void collectsAfterTheFirstList() {
    trimmer.afterSync();

    assertThat(collections).isOne();
  }

  @Test
  void leavesAHeapThatHasNotGrownAlone() {
    trimmer.afterSync();
    now += TimeUnit.HOURS.toNanos(1);
    heap += 3 * MB;
    trimmer.afterSync();

    assertThat(collections).isOne();
  }

  @Test
  void collectsAGrownHeapButNotAtEverySync() {
    trimmer.afterSync();
    heap += 5 * MB;

    // When peers come by the second
    trimmer.afterSync();
    assertThat(collections).isOne();

    now += TimeUnit.MINUTES.toNanos(1);
    trimmer.afterSync();
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void aHeapThatHasGrownTooSoonIsCollectedLater() {
    trimmer.afterSync();
    heap += 5 * MB;
    now += TimeUnit.SECONDS.toNanos(5);
    trimmer.afterSync();
    trimmer.afterSync();

    assertThat(later).hasSize(1);

    now += TimeUnit.SECONDS.toNanos(10);
    later.removeFirst().run();

    assertThat(collections).isEqualTo(2);
    assertThat(heap).isEqualTo(15 * MB);
  }

  @Test
  void afterAWhileTheNextIsPlannedAnew() {
    trimmer.afterSync();
    heap += 5 * MB;
    trimmer.afterSync();
    now += TimeUnit.SECONDS.toNanos(15);
    later.removeFirst().run();
    heap += 5 * MB;
    trimmer.afterSync();

    assertThat(later).hasSize(1);
  }

  private void collect() {
    collections++;
    heap = 15 * MB;
  }
}
