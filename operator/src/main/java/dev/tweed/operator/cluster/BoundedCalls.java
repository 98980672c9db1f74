package dev.tweed.operator.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Blocking calls to the API server, several at a time but never more than a bound, and fewer while
 * it turns them away.
 */
final class BoundedCalls implements AutoCloseable {
  /** What the API server asks for with most of its 429. */
  static final Duration RETRY_AFTER = Duration.ofSeconds(1);

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
    this(new CongestionWindow(bound), RETRY_AFTER);
  }

  /**
   * @param retryAfter how long the place of a call that was turned away stays empty
   */
  BoundedCalls(CongestionWindow window, Duration retryAfter) {
    this.window = window;
    this.retryAfter = retryAfter;
  }

  /**
   * Writes for each element, as {@link #all} has it.
   *
   * @param name what is written, in words
   * @return what went wrong, in words; that it is gone or was changed is not wrong, an event of it
   *     brings the next run
   */
  <A> List<String> each(List<A> elements, Function<A, String> name, Consumer<A> write) {
    List<Optional<String>> failures =
        all(
            elements,
            element -> {
              write.accept(element);
              return Optional.empty();
            },
            (element, e) ->
                switch (ApiFailure.of(e)) {
                  case GONE, CONFLICT -> Optional.empty();
                  case REFUSED, UNKNOWN ->
                      Optional.of(name.apply(element) + ": " + Duties.message(e));
                });
    return failures.stream().flatMap(Optional::stream).toList();
  }

  /**
   * Calls the function for each element and waits for all. A call that ends in an {@link
   * ApiFailure#UNKNOWN} leaves fewer to the next.
   *
   * @param failed what it means that a call threw
   * @return results in the order of the elements
   */
  <A, R> List<R> all(
      List<A> elements, Function<A, R> call, BiFunction<A, RuntimeException, R> failed) {
    List<CompletableFuture<R>> begun = new ArrayList<>();
    for (A element : elements) {
      long generation = begin();
      begun.add(
          CompletableFuture.supplyAsync(() -> call(element, call, failed, generation), threads));
    }
    CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new)).join();
    return begun.stream().map(CompletableFuture::join).toList();
  }

  private <A, R> R call(
      A element, Function<A, R> call, BiFunction<A, RuntimeException, R> failed, long generation) {
    try {
      R result = call.apply(element);
      locked(window::answered);
      return result;
    } catch (RuntimeException e) {
      if (ApiFailure.of(e) == ApiFailure.UNKNOWN) {
        locked(() -> window.pushedBack(generation));
        LockSupport.parkNanos(retryAfter.toNanos());
      } else {
        locked(window::answered);
      }
      return failed.apply(element, e);
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
