package dev.tweed.agent.status;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How often a status may be written before its time, which comes so long after each write: what
 * flaps shall not cost the API server, and those who watch, more than a few writes a minute of each
 * node.
 */
final class EarlyWriteLimit {

  /** After so long it may be written in any case. */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final long APART = Duration.ofSeconds(2).toNanos();
  private static final int MOST = 6;
  private static final long SPAN = Duration.ofMinutes(1).toNanos();

  /** The latest that were before their time, the oldest first. */
  private final Deque<Long> early = new ArrayDeque<>();

  private long regular;

  /**
   * @param now when one may be written for the first time
   */
  EarlyWriteLimit(long now) {
    regular = now;
  }

  /** Nanoseconds until its time comes; 0 or less if it has. */
  long untilRegular(long now) {
    return regular - now;
  }

  /** Nanoseconds until one may be written that is urgent; 0 or less if it may be now. */
  long untilEarly(long now) {
    if (early.isEmpty()) {
      return Math.min(regular - now, 0);
    }
    long wait = early.getLast() + APART - now;
    if (early.size() == MOST) {
      wait = Math.max(wait, early.getFirst() + SPAN - now);
    }
    return Math.min(regular - now, wait);
  }

  /** Counts one. */
  void wrote(long now) {
    if (regular - now > 0) {
      if (early.size() == MOST) {
        early.removeFirst();
      }
      early.addLast(now);
    }
    regular = now + INTERVAL.toNanos();
  }

  /** Nothing could be written; its time comes so much later. */
  void postpone(long now, long nanos) {
    regular = now + nanos;
  }
}
