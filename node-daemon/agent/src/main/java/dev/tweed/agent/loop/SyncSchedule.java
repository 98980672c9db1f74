package dev.tweed.agent.loop;

import java.time.Duration;

/**
 * Decides when the next run is due. Times are nanoseconds of any monotonic clock. Pure but for the
 * jitter.
 *
 * <p>What the cluster asks for runs at once, failing or not. A repair runs at once too, unless the
 * last run failed: then it waits for the retry, or a change we cannot make would make us spin.
 * Whatever arrives before a run starts is served by it; what arrives during one causes another.
 */
final class SyncSchedule {

  private final long audit;
  private final Backoff backoff;

  private boolean requested = true;
  private boolean repairRequested;
  private int failures;
  private long retryAt;
  private long auditAt;

  /**
   * @param audit a run is due this long after the last, whatever happens
   * @param backoff delays after failures
   */
  SyncSchedule(Duration audit, Backoff backoff) {
    this.audit = audit.toNanos();
    this.backoff = backoff;
  }

  /** The cluster changed. */
  void request() {
    requested = true;
  }

  /** Something of ours in the kernel changed. */
  void requestRepair() {
    repairRequested = true;
  }

  /** Nanoseconds from now until a run is due; not positive if it is. */
  long untilDue(long now) {
    if (requested) {
      return 0;
    }
    long due = auditAt - now;
    if (failures > 0) {
      due = Math.min(due, retryAt - now);
    } else if (repairRequested) {
      due = 0;
    }
    return due;
  }

  /** A run starts and will see everything requested so far. */
  void started() {
    requested = false;
    repairRequested = false;
  }

  /** A run ended. */
  void finished(long now, boolean success) {
    auditAt = now + audit;
    failures = success ? 0 : failures + 1;
    if (!success) {
      retryAt = now + backoff.nanos(failures);
    }
  }
}
