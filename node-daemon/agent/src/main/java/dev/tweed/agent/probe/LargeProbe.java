package dev.tweed.agent.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * Whether the largest packets of pods reach a peer that small ones reach; and if not, which do.
 * Times are nanoseconds of any monotonic clock.
 *
 * <p>A host on the way that says what it passes on says so to pods too. So a packet of that size is
 * asked for then, and its answer will do.
 */
final class LargeProbe {

  private static final int ATTEMPTS = 3;

  /** In a search each size that is lost costs as many seconds. */
  private static final int SEARCH_ATTEMPTS = 2;

  /**
   * So many sizes in a row that pass, and the largest is asked for again: the path may be whole.
   */
  private static final int DOUBTFUL = 2;

  /** A path may change after a search. */
  private static final long SEARCH_AGAIN = Duration.ofMinutes(10).toNanos();

  /** Linux sends a host one ICMP message a second once it has sent six (icmp_ratelimit). */
  private static final long SEARCH_PAUSE = Duration.ofSeconds(1).toNanos();

  private final int small;
  private final int full;
  private boolean active;
  private boolean searching;
  private int size;
  private int attempts;
  private long at;
  private int low;
  private int high;
  private int passed;
  private boolean lost;
  private boolean searched;
  private long searchedAt;
  private OptionalInt largest = OptionalInt.empty();
  private Instant since = Instant.EPOCH;

  /**
   * @param small bytes of a packet that is known to pass
   * @param full bytes of the largest one
   * @param at when to begin
   */
  LargeProbe(int small, int full, long at) {
    this.small = small;
    this.full = full;
    this.at = at;
  }

  /** Whether small ones pass and large ones do not. */
  boolean lost() {
    return lost;
  }

  /** Since when. */
  Instant since() {
    return since;
  }

  /** The largest that passes, once that is known. */
  OptionalInt largest() {
    return largest;
  }

  /** Starts a series if it is time. */
  void begin(long now) {
    if (!active && full > small && at - now <= 0) {
      active = true;
      searching = false;
      size = full;
      attempts = 0;
    }
  }

  /** Gives a series up that has not begun yet; it stays due. */
  void defer() {
    if (!searching && attempts == 0) {
      active = false;
    }
  }

  /** Bytes of the packet to send now; 0 for none. */
  int wanted(long now) {
    return active && at - now <= 0 ? size : 0;
  }

  /** When something has to be done, as long as {@link #isActive}. */
  long at() {
    return at;
  }

  /** Whether a series is under way. */
  boolean isActive() {
    return active;
  }

  /**
   * One of the wanted size was sent.
   *
   * @return whether it is one that was lost before
   */
  boolean sent(long now) {
    attempts++;
    at = now + PeerProbe.RETRY;
    return attempts > 1 && !searching;
  }

  /** It could not be sent, or should not be: later. */
  void postpone(long until) {
    active = false;
    searching = false;
    at = until;
  }

  /** Forgets what is known: not even small ones pass. */
  void reset(long until) {
    postpone(until);
    lost = false;
    searched = false;
    largest = OptionalInt.empty();
  }

  /**
   * Draws the conclusion when the last attempt was not answered in time.
   *
   * @param smallPass whether small ones sent as late were all answered
   * @param next when to ask again
   */
  void advance(long now, Instant time, boolean smallPass, long next) {
    if (!active || at - now > 0 || attempts < (searching ? SEARCH_ATTEMPTS : lost ? 1 : ATTEMPTS)) {
      return;
    }
    if (searching) {
      tooLarge(now, next);
    } else if (!smallPass) {
      postpone(next);
    } else {
      if (!lost) {
        since = time;
      }
      lost = true;
      if (searched && now - searchedAt < SEARCH_AGAIN) {
        postpone(next);
      } else {
        searching = true;
        low = small;
        high = size;
        passed = 0;
        narrow(now, now, next);
      }
    }
  }

  /** One of so many bytes arrived. */
  void arrived(int bytes, long now, long interval, long next) {
    if (bytes >= full || active && !searching && bytes == size) {
      reset(now + interval);
    } else if (searching && bytes == size) {
      low = size;
      passed++;
      narrow(now, now + SEARCH_PAUSE, next);
    }
  }

  /** One of so many bytes was too big. */
  void tooBig(int bytes, int mtu, long now, long next) {
    if (!active || bytes != size) {
      return;
    }
    if (searching) {
      tooLarge(now, next);
    } else if (mtu > small && mtu < size) {
      size = mtu;
      attempts = 0;
      at = now;
    }
  }

  private void tooLarge(long now, long next) {
    passed = 0;
    high = Math.min(high, size);
    narrow(now, now, next);
  }

  private void narrow(long now, long from, long next) {
    attempts = 0;
    at = from;
    if (passed == DOUBTFUL) {
      size = full;
    } else if (high - low > 1) {
      size = (low + high) / 2;
    } else {
      largest = OptionalInt.of(low);
      searched = true;
      searchedAt = now;
      postpone(next);
    }
  }
}
