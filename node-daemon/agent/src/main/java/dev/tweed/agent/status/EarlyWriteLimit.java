package dev.tweed.agent.status;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How often a report may be written before its time: what flaps shall not cost the API server more
 * than a few writes a minute of each node.
 */
final class EarlyWriteLimit {

  private static final long APART = Duration.ofSeconds(2).toNanos();
  private static final int MOST = 6;
  private static final long SPAN = Duration.ofMinutes(1).toNanos();

  /** The latest, the oldest first. */
  private final Deque<Long> writes = new ArrayDeque<>();

  /** Nanoseconds until the next one may be; 0 if it may be now. */
  long until(long now) {
    if (writes.isEmpty()) {
      return 0;
    }
    long wait = writes.getLast() + APART - now;
    if (writes.size() == MOST) {
      wait = Math.max(wait, writes.getFirst() + SPAN - now);
    }
    return Math.max(wait, 0);
  }

  /** Counts one. */
  void wrote(long now) {
    if (writes.size() == MOST) {
      writes.removeFirst();
    }
    writes.addLast(now);
  }
}
