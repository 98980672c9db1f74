package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.SubnetRecord;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** NodeSubnets that are new, until one thread takes them. */
final class Arrivals {

  /** Those that came, in order; an empty one only ends the wait for one. */
  private final BlockingQueue<Optional<SubnetRecord>> queue = new LinkedBlockingQueue<>();

  /** Its thread stays: that another can be made when it is needed is not certain. */
  private final ExecutorService computer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("sync-computation").daemon().factory());

  /** One came; from any thread. */
  void add(SubnetRecord subnet) {
    queue.add(Optional.of(subnet));
  }

  /** Takes all there are. */
  void take(Consumer<SubnetRecord> taker) {
    for (Optional<SubnetRecord> next = queue.poll(); next != null; next = queue.poll()) {
      next.ifPresent(taker);
    }
  }

  /**
   * Computes something in another thread, and takes those that come meanwhile in the caller's. What
   * the computation throws is thrown here.
   */
  <T> T take(Consumer<SubnetRecord> taker, Supplier<T> computation) {
    FutureTask<T> task =
        new FutureTask<>(computation::get) {
          @Override
          protected void done() {
            queue.add(Optional.empty());
          }
        };
    computer.execute(task);
    try {
      while (!task.isDone()) {
        queue.take().ifPresent(taker);
      }
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the sync was interrupted", e);
    }
  }
}
