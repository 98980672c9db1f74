package dev.tweed.agent.daemon;

import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Keeps the heap near what lives in it. The serial collector gives memory back in full collections
 * only and puts them off until the heap has reached its limit; each sync of thousands of peers
 * leaves some megabytes behind, so a daemon that needs 15 MB would hold 60 after some hours. A full
 * collection takes some 20 ms and stops nothing but the daemon.
 */
final class HeapTrimmer {

  private static final long SLACK = 4L << 20;
  private static final Duration INTERVAL = Duration.ofSeconds(15);

  private final LongSupplier committed;
  private final Runnable collect;
  private final LongSupplier nanoTime;
  private final BiConsumer<Duration, Runnable> later;
  private boolean collected;
  private boolean planned;
  private long floor;
  private long last;

  /**
   * @param committed bytes of heap the process holds
   * @param collect does a full collection
   * @param later runs something after a while
   */
  HeapTrimmer(
      LongSupplier committed,
      Runnable collect,
      LongSupplier nanoTime,
      BiConsumer<Duration, Runnable> later) {
    this.committed = committed;
    this.collect = collect;
    this.nanoTime = nanoTime;
    this.later = later;
  }

  /** With a thread for the while: there is seldom one. */
  static HeapTrimmer ofThisProcess() {
    return new HeapTrimmer(
        Runtime.getRuntime()::totalMemory,
        System::gc,
        System::nanoTime,
        (delay, task) ->
            Thread.ofPlatform()
                .name("heap-trimmer")
                .daemon()
                .start(
                    () -> {
                      try {
                        Thread.sleep(delay);
                        task.run();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }));
  }

  /**
   * Collects after the first sync, since the first list is the most the heap ever holds, and later
   * when it has grown by some megabytes, at most every 15 s, when peers come in great numbers: the
   * last of them must not leave it grown until the next audit.
   */
  synchronized void afterSync() {
    long now = nanoTime.getAsLong();
    boolean grown = committed.getAsLong() > floor + SLACK;
    long wait = collected ? INTERVAL.toNanos() - (now - last) : 0;
    if (collected && !grown) {
      return;
    }
    if (wait <= 0) {
      collect.run();
      collected = true;
      last = now;
      floor = committed.getAsLong();
    } else if (!planned) {
      planned = true;
      later.accept(Duration.ofNanos(wait), this::afterAWhile);
    }
  }

  private synchronized void afterAWhile() {
    planned = false;
    afterSync();
  }
}
