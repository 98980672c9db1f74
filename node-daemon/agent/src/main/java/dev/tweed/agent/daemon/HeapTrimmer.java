package dev.tweed.agent.daemon;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Keeps the heap near what lives in it. The serial collector gives memory back in full collections
 * only and puts them off until the heap has reached its limit; each sync of thousands of peers
 * leaves some megabytes behind, so a daemon that needs 15 MB would hold 60 after some hours. A full
 * collection takes some 20 ms and stops nothing but the daemon.
 */
final class HeapTrimmer {

  private static final long SLACK = 8L << 20;
  private static final Duration INTERVAL = Duration.ofSeconds(15);

  private final LongSupplier committed;
  private final Runnable collect;
  private final LongSupplier nanoTime;
  private boolean collected;
  private long floor;
  private long last;

  /**
   * @param committed bytes of heap the process holds
   * @param collect does a full collection
   */
  HeapTrimmer(LongSupplier committed, Runnable collect, LongSupplier nanoTime) {
    this.committed = committed;
    this.collect = collect;
    this.nanoTime = nanoTime;
  }

  /**
   * Collects after the first sync, since the first list is the most the heap ever holds, and later
   * when it has grown by some megabytes, at most every 15 s, when peers come in great numbers.
   */
  synchronized void afterSync() {
    long now = nanoTime.getAsLong();
    boolean grown = committed.getAsLong() > floor + SLACK;
    if (!collected || grown && now - last >= INTERVAL.toNanos()) {
      collect.run();
      collected = true;
      last = now;
      floor = committed.getAsLong();
    }
  }
}
