package dev.tweed.agent.api;

import java.time.Duration;

/**
 * Waits between attempts. Those for a connection end for all as soon as one of them has one, or as
 * it is worth a try: so an API server that is back is followed at once, and one that is away is
 * tried seldom.
 */
public final class RetryPauses implements ListWatch.Pauses, AutoCloseable {

  private final Runnable onSilence;
  private long worthATry;
  private boolean closed;

  /**
   * @param onSilence called when a watch had no answer in time
   */
  public RetryPauses(Runnable onSilence) {
    this.onSilence = onSilence;
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
  public void connected() {
    end();
  }

  @Override
  public synchronized void await(Duration length, boolean forConnection) {
    long end = System.nanoTime() + length.toNanos();
    long before = worthATry;
    try {
      for (long left = length.toNanos();
          left > 0 && !closed && !(forConnection && before != worthATry);
          left = end - System.nanoTime()) {
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
