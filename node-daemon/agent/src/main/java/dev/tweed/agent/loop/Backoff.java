package dev.tweed.agent.loop;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Delays between attempts: doubled from the first to the longest, each shortened at random by up to
 * a half, so that nodes that failed together do not retry together.
 *
 * @param first delay after one failure
 * @param last longest delay
 * @param random 0 (inclusive) to 1 (exclusive)
 */
public record Backoff(Duration first, Duration last, DoubleSupplier random) {

  /** Nanoseconds to wait after so many failures in a row, at least one. */
  public long nanos(int failures) {
    long full = first.toNanos();
    for (int i = 1; i < failures && full < last.toNanos(); i++) {
      full *= 2;
    }
    return (long) (Math.min(full, last.toNanos()) * (1 - random.getAsDouble() / 2));
  }
}
