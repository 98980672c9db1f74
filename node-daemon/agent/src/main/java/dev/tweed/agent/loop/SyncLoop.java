package dev.tweed.agent.loop;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one step, again and again, on one platform thread of its own: network namespaces and errno
 * belong to the operating system's thread, so no pool and no virtual thread may do this work.
 *
 * <p>Requests only set a flag; no work is done in the caller's thread.
 */
public final class SyncLoop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SyncLoop.class);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(3);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);

  private final SyncSchedule schedule;
  private final Duration stuck;
  private final LongSupplier nanoTime;
  private final BooleanSupplier step;
  private final BooleanSupplier ahead;
  private final Thread thread;
  private final Object lock = new Object();
  private boolean closed;
  private boolean running;
  private boolean onlyAhead;
  private long progressAt;

  /**
   * @param name of the thread
   * @param step one run; true if nothing needs to be tried again soon. What it throws is logged and
   *     counts as false.
   * @param audit longest time between two runs
   * @param pause a repair runs this long after a failed run at the soonest
   * @param stuck a run this long is taken for stuck
   * @param nanoTime monotonic clock, nanoseconds
   * @param random source of jitter, 0 to 1
   */
  public SyncLoop(
      String name,
      BooleanSupplier step,
      Duration audit,
      Duration pause,
      Duration stuck,
      LongSupplier nanoTime,
      DoubleSupplier random) {
    this(name, step, () -> false, audit, pause, stuck, nanoTime, random);
  }

  /**
   * With something that can be done ahead of a run.
   *
   * @param ahead does what came since the last run, if it can; true if that was all. What it throws
   *     is logged and counts as false
   */
  public SyncLoop(
      String name,
      BooleanSupplier step,
      BooleanSupplier ahead,
      Duration audit,
      Duration pause,
      Duration stuck,
      LongSupplier nanoTime,
      DoubleSupplier random) {
    this.step = step;
    this.ahead = ahead;
    this.stuck = stuck;
    this.nanoTime = nanoTime;
    this.schedule = new SyncSchedule(audit, new Backoff(FIRST_RETRY, LAST_RETRY, random), pause);
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::loop);
    this.progressAt = nanoTime.getAsLong();
  }

  /** Starts the thread; the first run is due at once. */
  public void start() {
    thread.start();
  }

  /** The cluster changed: run at once. */
  public void request() {
    synchronized (lock) {
      schedule.request();
      lock.notifyAll();
    }
  }

  /** Something came that may be done ahead of a run, which follows within seconds. */
  public void requestAhead() {
    synchronized (lock) {
      schedule.requestAhead();
      lock.notifyAll();
    }
  }

  /** The kernel changed: run at once, or after the pause if the last run failed. */
  public void requestRepair() {
    synchronized (lock) {
      schedule.requestRepair();
      lock.notifyAll();
    }
  }

  /** Run within this time even if nothing happens. */
  public void requestWithin(Duration delay) {
    synchronized (lock) {
      // Whoever asks often must not wake the thread each time.
      if (schedule.requestAt(nanoTime.getAsLong() + delay.toNanos())) {
        lock.notifyAll();
      }
    }
  }

  /**
   * Whether the thread lives and is not stuck: idle until its time, or running for not too long.
   */
  public boolean alive() {
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      long late = running ? now - progressAt : -schedule.untilDue(now);
      return thread.isAlive() && (late < stuck.toNanos() || now - progressAt < stuck.toNanos());
    }
  }

  /** Ends the thread; waits a few seconds for a run in progress. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    try {
      thread.join(CLOSE_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    while (awaitDue()) {
      boolean success = false;
      try {
        success = (onlyAhead ? ahead : step).getAsBoolean();
      } catch (RuntimeException | LinkageError e) {
        LOG.error("{} failed unexpectedly; it is tried again", thread.getName(), e);
      }
      synchronized (lock) {
        running = false;
        progressAt = nanoTime.getAsLong();
        if (onlyAhead) {
          schedule.triedAhead(progressAt, success);
        } else {
          schedule.finished(progressAt, success);
        }
      }
    }
  }

  /** Waits until a run is due; false when closed. */
  private boolean awaitDue() {
    synchronized (lock) {
      while (!closed) {
        long now = nanoTime.getAsLong();
        long wait = schedule.untilDue(now);
        onlyAhead = wait > 0 && schedule.takeAhead();
        if (wait <= 0 || onlyAhead) {
          if (!onlyAhead) {
            schedule.started(now);
          }
          running = true;
          progressAt = now;
          return true;
        }
        try {
          // Rounded up: waiting 0 ms would be for ever, and too short would be a second round.
          lock.wait(Duration.ofNanos(wait).toMillis() + 1);
        } catch (InterruptedException e) {
          return false;
        }
      }
      return false;
    }
  }
}
