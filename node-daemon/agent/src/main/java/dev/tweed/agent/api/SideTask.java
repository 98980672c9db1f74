package dev.tweed.agent.api;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What may take long, done in a thread of its own that is there only meanwhile. One at a time: what
 * asks for it while it is on has it done once more.
 */
public final class SideTask {

  private static final Logger LOG = LoggerFactory.getLogger(SideTask.class);

  private final String name;
  private final Runnable task;
  private final Executor threads;
  private final AtomicInteger asked = new AtomicInteger();

  /**
   * @param name of the thread
   * @param task what it throws is the thread's end
   */
  public SideTask(String name, Runnable task) {
    this(name, task, run -> Thread.ofPlatform().name(name).daemon().start(run));
  }

  SideTask(String name, Runnable task, Executor threads) {
    this.name = name;
    this.task = task;
    this.threads = threads;
  }

  /**
   * Has it done. Where there is no thread to be had, that is logged and nothing is done: who needs
   * it asks again later.
   */
  public void start() {
    if (asked.getAndIncrement() != 0) {
      return;
    }
    try {
      threads.execute(this::run);
    } catch (OutOfMemoryError e) {
      asked.set(0);
      LOG.warn("no thread for {} now: {}", name, e.getMessage());
    }
  }

  private void run() {
    int done;
    do {
      done = asked.get();
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        asked.set(0);
        throw e;
      }
    } while (!asked.compareAndSet(done, 0));
  }
}
