package dev.tweed.agent.api;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Waits between attempts. Those for a connection end for all as soon as one of them has one, or as
 * it is worth a try: so an API server that is back is followed at once, and one that is away is
 * tried seldom. One that answers now and then, since it has too much to do, has others tried for it
 * no more than once in a while.
 */
public final class RetryPauses implements ListWatch.Pauses, AutoCloseable {

  private static final Duration APART = Duration.ofSeconds(15);

  private final Runnable onSilence;
  private final LongSupplier nanoTime;
  private long worthATry;
  private long connectedNext;
  private boolean closed;

  /**
   * @param onSilence called when a watch had no answer in time
   * @param nanoTime monotonic clock, nanoseconds
   */
  public RetryPauses(Runnable onSilence, LongSupplier nanoTime) {
    this.onSilence = onSilence;
    this.nanoTime = nanoTime;
    this.connectedNext = nanoTime.getAsLong();
  }

  @Override
  public void silent() {
    onSilence.run();
  }

  /** Ends all waits for a connection. */
  public synchronized void end() {
    worthATry++;
    notifyAll();
  }

  @Override
  public synchronized void connected() {
    long now = nanoTime.getAsLong();
    if (now - connectedNext >= 0) {
      connectedNext = now + APART.toNanos();
      end();
    }
  }

  @Override
  public synchronized void await(Duration length, boolean forConnection) {
    long end = nanoTime.getAsLong() + length.toNanos();
    long before = worthATry;
    try {
      for (long left = length.toNanos();
          left > 0 && !closed && !(forConnection && before != worthATry);
          left = end - nanoTime.getAsLong()) {
        wait(left / 1_000_000, (int) (left % 1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends all waits, also those to come. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
