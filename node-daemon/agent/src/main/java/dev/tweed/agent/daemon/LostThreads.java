package dev.tweed.agent.daemon;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a thread of this process that dies: its work is done by nobody, and nothing else
 * shows it. So each thread goes on after the failures it knows, no other ends it quietly, and the
 * process ends for what is left, to be started again.
 *
 * @param cannotGoOn told what only another start of the process mends
 */
record LostThreads(Consumer<String> cannotGoOn) implements Thread.UncaughtExceptionHandler {

  private static final Logger LOG = LoggerFactory.getLogger(LostThreads.class);

  @Override
  public void uncaughtException(Thread thread, Throwable failure) {
    try {
      LOG.error("thread {} died", thread.getName(), failure);
    } finally {
      cannotGoOn.accept("thread " + thread.getName() + " died of " + failure);
    }
  }
}
