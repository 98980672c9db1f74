package dev.tweed.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HeapTrimmerTest {
  private static final long MIB = 1 << 20;

  private final AtomicLong held = new AtomicLong(30 * MIB);
  private final AtomicLong time = new AtomicLong();
  private final AtomicInteger collections = new AtomicInteger();
  private final HeapTrimmer trimmer =
      new HeapTrimmer(held::get, collections::incrementAndGet, time::get);

  private void run(long mebibytes, int seconds) {
    held.set(mebibytes * MIB);
    time.set(Duration.ofSeconds(seconds).toNanos());
    trimmer.afterRun();
  }

  @Test
  void aHeapThatHasNotGrownIsLeftAlone() {
    run(30, 0);
    run(40, 60);
    run(45, 600);

    assertThat(collections).hasValue(0);
  }

  @Test
  void aHeapThatHasGrownIsCollected() {
    run(30, 0);
    run(50, 60);

    assertThat(collections).hasValue(1);
  }

  @Test
  void notTwiceWithinTwentySeconds() {
    run(30, 0);
    run(50, 60);
    run(90, 70);
    assertThat(collections).hasValue(1);

    run(90, 81);
    assertThat(collections).hasValue(2);
  }

  @Test
  void whatACollectionLeavesIsWhatLives() {
    run(30, 0);
    run(70, 60);
    run(80, 120);

    assertThat(collections).hasValue(1);
  }
}
