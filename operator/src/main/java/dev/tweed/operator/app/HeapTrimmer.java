package dev.tweed.operator.app;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Keeps the heap near what lives in it. The serial collector grows it up to its limit before it
 * looks at old objects; what some minutes of allocations or of policies on their way leave behind
 * would be held for good. A full collection takes some 50 ms.
 */
final class HeapTrimmer {
  private static final long SLACK = 16L << 20;
  private static final Duration INTERVAL = Duration.ofSeconds(20);

  private final LongSupplier committed;
  private final Runnable collect;
  private final LongSupplier nanoTime;
  private long floor = Long.MAX_VALUE - SLACK;
  private long last;

  /**
   * @param committed bytes of heap the process holds
   * @param collect does a full collection
   */
  HeapTrimmer(LongSupplier committed, Runnable collect, LongSupplier nanoTime) {
    this.committed = committed;
    this.collect = collect;
    this.nanoTime = nanoTime;
    this.last = nanoTime.getAsLong();
  }

  /** To be called when something was done; collects where it pays. From any thread. */
  synchronized void afterRun() {
    long now = nanoTime.getAsLong();
    long held = committed.getAsLong();
    floor = Math.min(floor, held);
    if (held > floor + SLACK && now - last >= INTERVAL.toNanos()) {
      collect.run();
      last = now;
      floor = committed.getAsLong();
    }
  }
}
