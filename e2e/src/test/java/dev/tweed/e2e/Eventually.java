package dev.tweed.e2e;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** Assertions about what becomes true by itself. */
final class Eventually {
  private Eventually() {}

  /** Repeats the assertion until it holds; a failure to ask counts as "not yet". */
  static void within(int seconds, ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(seconds))
        .pollInterval(Duration.ofMillis(250))
        .ignoreExceptions()
        .untilAsserted(assertion);
  }
}
