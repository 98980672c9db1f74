package dev.tweed.agent.loop;

/**
 * A task of an executor that keeps what the task throws to itself: that goes to the handler of the
 * thread, as it would from a thread of the task's own.
 *
 * @param task what is done
 */
public record ScheduledTask(Runnable task) implements Runnable {

  @Override
  public void run() {
    try {
      task.run();
    } catch (Throwable e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }
}
