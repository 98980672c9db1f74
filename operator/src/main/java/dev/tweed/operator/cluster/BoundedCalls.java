package dev.tweed.operator.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Blocking calls to the API server, several at a time but never more than a bound, and fewer while
 * it turns them away.
 */
final class BoundedCalls implements AutoCloseable {
  /** What the API server asks for with most of its 429. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("tweed-call-", 0).factory());
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CongestionWindow window;
  private final Duration retryAfter;
  private int underWay;

  /**
   * @param bound at least 1
   */
  BoundedCalls(int bound) {
    this(bound, RETRY_AFTER);
  }

  /**
   * @param retryAfter how long the place of a call that was turned away stays empty
   */
  BoundedCalls(int bound, Duration retryAfter) {
    this.window = new CongestionWindow(bound);
    this.retryAfter = retryAfter;
  }

  /**
   * Calls the function for each element and waits for all.
   *
   * @param call should not throw; if it does, the first exception comes when all calls have ended
   * @return results in the order of the elements
   */
  <A, R> List<R> all(List<A> elements, Function<A, R> call) {
    return all(elements, call, result -> false);
  }

  /**
   * The same.
   *
   * @param pushedBack whether a result means that the API server has too much to do
   */
  <A, R> List<R> all(List<A> elements, Function<A, R> call, Predicate<R> pushedBack) {
    List<Future<R>> started = new ArrayList<>(elements.size());
    for (A element : elements) {
      long generation = begin();
      started.add(threads.submit(() -> call(element, call, pushedBack, generation)));
    }
    List<R> results = new ArrayList<>(elements.size());
    List<Throwable> thrown = new ArrayList<>();
    boolean interrupted = false;
    for (Future<R> future : started) {
      while (true) {
        try {
          results.add(future.get());
          break;
        } catch (ExecutionException e) {
          thrown.add(e.getCause());
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!thrown.isEmpty()) {
      throw new IllegalStateException("a call threw", thrown.getFirst());
    }
    return results;
  }

  private <A, R> R call(A element, Function<A, R> call, Predicate<R> pushedBack, long generation) {
    try {
      R result = call.apply(element);
      if (pushedBack.test(result)) {
        locked(() -> window.pushedBack(generation));
        LockSupport.parkNanos(retryAfter.toNanos());
      } else {
        locked(window::answered);
      }
      return result;
    } finally {
      locked(() -> underWay--);
    }
  }

  private long begin() {
    lock.lock();
    try {
      while (underWay >= window.size()) {
        changed.awaitUninterruptibly();
      }
      underWay++;
      return window.generation();
    } finally {
      lock.unlock();
    }
  }

  private void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
