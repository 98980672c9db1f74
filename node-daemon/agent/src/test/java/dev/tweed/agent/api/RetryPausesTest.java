package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for a connection when another gets one; the clock stands unless it is set. */
@Timeout(30)
class RetryPausesTest {

  private final AtomicLong now = new AtomicLong();

  @AutoClose private final RetryPauses pauses = new RetryPauses(() -> {}, now::get);

  @Test
  void aServerThatAnswersNowAndThenWakesTheOthersOnceInAWhile() throws InterruptedException {
    // When one has a connection after all had none, then the others try at once
    Thread first = waiting();
    pauses.connected();
    first.join();

    // When that is so again a moment later, then they go on waiting
    Thread second = waiting();
    now.addAndGet(Duration.ofSeconds(14).toNanos());
    pauses.connected();
    assertThat(second.join(Duration.ofMillis(100))).isFalse();

    // Until some time has passed
    now.addAndGet(Duration.ofSeconds(1).toNanos());
    pauses.connected();
    second.join();
  }

  @Test
  void anotherWayToTheServerIsWorthATryAtAnyTime() throws InterruptedException {
    pauses.connected();
    Thread waiting = waiting();

    pauses.end();

    waiting.join();
  }

  private Thread waiting() {
    Thread thread =
        Thread.ofPlatform().daemon().start(() -> pauses.await(Duration.ofHours(1), true));
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }
}
