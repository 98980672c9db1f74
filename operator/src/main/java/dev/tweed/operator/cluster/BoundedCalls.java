package dev.tweed.operator.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Blocking calls to the API server, several at a time but never more than a bound, and fewer while
 * it turns them away; for no longer than others can wait.
 */
final class BoundedCalls implements AutoCloseable {
  /** What the API server asks for with most of its 429. */
  static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** How long calls are begun for one thing; all others, claims first of all, wait meanwhile. */
  private static final Duration BUDGET = Duration.ofSeconds(10);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("tweed-call-", 0).factory());
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CongestionWindow window;
  private final Duration retryAfter;
  private final SteadyTime time;
  private int underWay;

  /**
   * @param retryAfter how long the place of a call that was turned away stays empty
   */
  BoundedCalls(CongestionWindow window, Duration retryAfter, SteadyTime time) {
    this.window = window;
    this.retryAfter = retryAfter;
    this.time = time;
  }

  /**
   * What came of writes.
   *
   * @param failures what went wrong, in words
   * @param more whether some were not begun in time and are left to the next run
   */
  record Written(List<String> failures, boolean more) {
    static Written failed(String failure) {
      return new Written(List.of(failure), false);
    }

    /** Of these and others. */
    Written and(Written others) {
      return new Written(
          Stream.of(failures, others.failures).flatMap(List::stream).toList(), more || others.more);
    }
  }

  /** Whether there is time for more calls; it ends a while from now. */
  BooleanSupplier budget() {
    Instant end = time.now().plus(BUDGET);
    return () -> time.now().isBefore(end);
  }

  /**
   * Writes for as many elements as there is time for, as {@link #all} has it. By chance, so that
   * those for which it fails, or takes long, in every run keep no others from their turn.
   *
   * @param name what is written, in words
   * @return that it is gone or was changed is not wrong, an event of it brings the next run
   */
  <A> Written each(List<A> elements, Function<A, String> name, Consumer<A> write) {
    if (elements.isEmpty()) {
      return new Written(List.of(), false);
    }
    List<A> shuffled = new ArrayList<>(elements);
    Collections.shuffle(shuffled, new Random(time.now().toEpochMilli()));
    List<Optional<String>> failures =
        all(
            shuffled,
            budget(),
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
    return new Written(
        failures.stream().flatMap(Optional::stream).toList(), failures.size() < elements.size());
  }

  /**
   * Calls the function for each element, the first ones first, and waits for all. A call that ends
   * in an {@link ApiFailure#UNKNOWN} leaves fewer to the next.
   *
   * @param mayBegin asked before each; when false no more are begun
   * @param failed what it means that a call threw
   * @return results of those that were begun, in the order of the elements
   */
  <A, R> List<R> all(
      List<A> elements,
      BooleanSupplier mayBegin,
      Function<A, R> call,
      BiFunction<A, RuntimeException, R> failed) {
    List<CompletableFuture<R>> begun = new ArrayList<>();
    for (A element : elements) {
      long generation = begin();
      if (!mayBegin.getAsBoolean()) {
        locked(() -> underWay--);
        break;
      }
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
