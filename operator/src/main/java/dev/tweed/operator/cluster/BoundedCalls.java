package dev.tweed.operator.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** Blocking calls to the API server, several at a time but never more than a bound. */
final class BoundedCalls implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("tweed-call-", 0).factory());
  private final Semaphore slots;

  BoundedCalls(int bound) {
    this.slots = new Semaphore(bound);
  }

  /**
   * Calls the function for each element and waits for all.
   *
   * @param call must not throw
   * @return results in the order of the elements
   */
  <A, R> List<R> all(List<A> elements, Function<A, R> call) {
    List<Future<R>> started = new ArrayList<>(elements.size());
    for (A element : elements) {
      slots.acquireUninterruptibly();
      started.add(
          threads.submit(
              () -> {
                try {
                  return call.apply(element);
                } finally {
                  slots.release();
                }
              }));
    }
    List<R> results = new ArrayList<>(elements.size());
    for (Future<R> future : started) {
      results.add(result(future));
    }
    return results;
  }

  private static <R> R result(Future<R> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a call threw", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while calls were under way", e);
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
