package dev.tweed.agent.status;

import dev.tweed.agent.status.StatusMapper.Urgency;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * When a node's report may be written. Its time comes so long after each write; what flaps shall
 * not cost the API server, and those who watch, more than a few writes a minute of each node before
 * that. Times are nanoseconds of any monotonic clock.
 */
final class ReportPacer {

  /** After so long it may be written in any case. */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final long APART = Duration.ofSeconds(2).toNanos();
  private static final int MOST = 6;
  private static final long SPAN = Duration.ofMinutes(1).toNanos();

  /**
   * How long the first writes wait for the first look at the firewall, which may drop what pods
   * send: Ready must not be told before, and the next report is 10 s off. That look follows the
   * first sync of the data path, which the API server may hold up, so it counts from there.
   */
  private static final long FIREWALL_WAIT = Duration.ofSeconds(3).toNanos();

  /**
   * How long figures alone are not written. They differ on all nodes at the same time, and after
   * the next join again: so the more nodes there are, the longer, which is some one write in a
   * second of all nodes together. Of more than 600 nodes it is more, for people look at them.
   */
  private static final long FIGURES_PER_PEER = Duration.ofSeconds(1).toNanos();

  private static final long FIGURES_SHORTEST = Duration.ofSeconds(5).toNanos();
  private static final long FIGURES_LONGEST = Duration.ofMinutes(10).toNanos();

  private final DoubleSupplier random;

  /** The latest that were before their time, the oldest first. */
  private final Deque<Long> early = new ArrayDeque<>();

  private long regular;
  private long firewallBy;
  private boolean programmed;
  private Optional<Long> figuresAt = Optional.empty();

  /**
   * @param random source of jitter, 0 to 1
   * @param now when one may be written for the first time
   */
  ReportPacer(DoubleSupplier random, long now) {
    this.random = random;
    regular = now;
    firewallBy = now + FIREWALL_WAIT;
  }

  /** Nanoseconds until any may be written of a state; 0 or less if one may be. */
  long untilFirst(NodeStatus status, long now) {
    if (status.firewall().isPresent()) {
      return 0;
    }
    if (status.programmed() && !programmed) {
      programmed = true;
      firewallBy = now + FIREWALL_WAIT;
    }
    return firewallBy - now;
  }

  /**
   * Nanoseconds until one may be written that is so urgent; 0 or less if it may be now. What is
   * urgent does not wait for its time, within limits; mere figures wait longer.
   *
   * @param peers blocks of other nodes
   */
  long until(Urgency urgency, int peers, long now) {
    if (urgency != Urgency.FIGURES) {
      figuresAt = Optional.empty();
    }
    return switch (urgency) {
      case NONE -> Long.MAX_VALUE;
      case FIGURES -> Math.max(untilFigures(peers, now), regular - now);
      case REGULAR -> regular - now;
      case AT_ONCE -> Math.min(regular - now, untilEarly(now));
    };
  }

  private long untilEarly(long now) {
    if (early.isEmpty()) {
      return 0;
    }
    long wait = early.getLast() + APART - now;
    return early.size() == MOST ? Math.max(wait, early.getFirst() + SPAN - now) : wait;
  }

  /**
   * From when they first differ; nodes, which see that together, are spread over twice the time.
   */
  private long untilFigures(int peers, long now) {
    if (figuresAt.isEmpty()) {
      long wait = Math.clamp(FIGURES_PER_PEER * peers, FIGURES_SHORTEST, FIGURES_LONGEST);
      figuresAt = Optional.of(now + wait + (long) (wait * random.getAsDouble()));
    }
    return figuresAt.get() - now;
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
