package dev.tweed.agent.loop;

import java.time.Duration;

/**
 * Decides when the next run is due. Times are nanoseconds of any monotonic clock. Pure but for the
 * jitter.
 *
 * <p>What the cluster asks for runs at once, failing or not. A repair runs at once too, but not
 * sooner after a failed run than the pause, or a change we cannot make would make us spin. The
 * back-off is for the retry of what failed: a run that something else asked for in between leaves
 * it as it is. Whatever arrives before a run starts is served by it; what arrives during one causes
 * another.
 */
final class SyncSchedule {

  private final long audit;
  private final Backoff backoff;
  private final long pause;

  /**
   * What was done ahead of a run is told and proven by one when nothing more has come for so long:
   * it takes all of one processor for a while.
   */
  private static final long AHEAD_QUIET = Duration.ofSeconds(1).toNanos();

  /** But not later than this. */
  private static final long AHEAD_LATEST = Duration.ofSeconds(5).toNanos();

  private boolean requested = true;
  private boolean aheadRequested;
  private boolean aheadDone;
  private long aheadSince;
  private long aheadAt;
  private boolean repairRequested;
  private int failures;
  private boolean beforeRetry;
  private boolean againRequested;
  private long againAt;
  private long retryAt;
  private long repairAt;
  private long auditAt;

  /**
   * @param audit a run is due this long after the last, whatever happens
   * @param backoff delays of the retry after failures
   * @param pause a repair runs this long after a failed run at the soonest
   */
  SyncSchedule(Duration audit, Backoff backoff, Duration pause) {
    this.audit = audit.toNanos();
    this.backoff = backoff;
    this.pause = pause.toNanos();
  }

  /** The cluster changed. */
  void request() {
    requested = true;
  }

  /** Something of ours in the kernel changed. */
  void requestRepair() {
    repairRequested = true;
  }

  /** Something came that may be done ahead of a run; one that begins serves it as well. */
  void requestAhead() {
    aheadRequested = true;
  }

  /** Whether something is to be done ahead of a run, once for each request. */
  boolean takeAhead() {
    boolean taken = aheadRequested;
    aheadRequested = false;
    return taken;
  }

  /**
   * It was tried.
   *
   * @param done whether that was all; if not, a run is due
   */
  void triedAhead(long now, boolean done) {
    if (!done) {
      request();
      return;
    }
    aheadSince = aheadDone ? aheadSince : now;
    aheadDone = true;
    aheadAt = now + Math.min(AHEAD_QUIET, aheadSince + AHEAD_LATEST - now);
  }

  /**
   * A run at this time at the latest; any before it serves as well, and may ask again.
   *
   * @return whether nobody has asked for one as early
   */
  boolean requestAt(long time) {
    if (againRequested && againAt - time <= 0) {
      return false;
    }
    againAt = time;
    againRequested = true;
    return true;
  }

  /** Nanoseconds from now until a run is due; not positive if it is. */
  long untilDue(long now) {
    if (requested) {
      return 0;
    }
    long due = auditAt - now;
    if (failures > 0) {
      due = Math.min(due, retryAt - now);
    }
    if (againRequested) {
      due = Math.min(due, againAt - now);
    }
    if (aheadDone) {
      due = Math.min(due, aheadAt - now);
    }
    if (repairRequested) {
      due = Math.min(due, failures > 0 ? repairAt - now : 0);
    }
    return due;
  }

  /** A run starts and will see everything requested so far. */
  void started(long now) {
    beforeRetry = failures > 0 && retryAt - now > 0;
    requested = false;
    repairRequested = false;
    aheadRequested = false;
    aheadDone = false;
    againRequested = false;
  }

  /** A run ended. */
  void finished(long now, boolean success) {
    auditAt = now + audit;
    if (success) {
      failures = 0;
      return;
    }
    repairAt = now + pause;
    if (!beforeRetry) {
      failures++;
      retryAt = now + backoff.nanos(failures);
    }
  }
}
