package dev.tweed.operator.cluster;

import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * Time that is never set: it begins with the time of day and goes on evenly, whatever becomes of
 * the machine's clock. For waiting, and for how long something has been going on; what is written
 * down has the time of day. Its instants are not to be compared with those of another clock.
 */
public final class SteadyTime {
  private final Instant began;
  private final LongSupplier nanoTime;
  private final long origin;

  /**
   * @param began what it begins with
   * @param nanoTime a clock that never jumps, such as {@link System#nanoTime}
   */
  public SteadyTime(Instant began, LongSupplier nanoTime) {
    this.began = began;
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** How late it is. */
  public Instant now() {
    return began.plusNanos(nanoTime.getAsLong() - origin);
  }
}
