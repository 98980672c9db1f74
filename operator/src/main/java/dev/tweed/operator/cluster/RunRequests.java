package dev.tweed.operator.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a thread when its next run is due: at a time, or as soon as somebody asks, but never before
 * another time. Requests that come before a run starts are one request; the first is there from the
 * beginning.
 */
final class RunRequests {
  private static final Logger LOG = LoggerFactory.getLogger(RunRequests.class);

  private final SteadyTime time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private boolean requested = true;
  private boolean closed;

  RunRequests(SteadyTime time) {
    this.time = time;
  }

  /** Asks for a run; from any thread, returns at once. */
  void request() {
    lock.lock();
    try {
      requested = true;
      wake.signal();
    } finally {
      lock.unlock();
    }
  }

  /** No more runs. */
  void close() {
    lock.lock();
    try {
      closed = true;
      wake.signal();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next run, which serves all requests so far.
   *
   * @param earliest requests are not heeded before; in {@link SteadyTime}, as is due
   * @param due when it comes without a request
   * @return false if there is none, since closed or interrupted
   */
  boolean await(Instant earliest, Instant due) {
    lock.lock();
    try {
      Instant now = time.now();
      while (!closed && now.isBefore(next(earliest, due))) {
        long millis = Math.max(1, Duration.between(now, next(earliest, due)).toMillis());
        // Woken early or not: the loop looks again.
        boolean woken = wake.await(millis, TimeUnit.MILLISECONDS);
        LOG.trace("woken {}", woken);
        now = time.now();
      }
      requested = false;
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private Instant next(Instant earliest, Instant due) {
    return requested || due.isBefore(earliest) ? earliest : due;
  }
}
