package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.api.ApiRefusedException;
import dev.tweed.firewall.nft.NftLogPrefix;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events are written beside the packets. */
@Timeout(30)
class PacketEventPublisherTest {

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch answers = new CountDownLatch(1);
  private volatile long nanos;

  @Test
  void anApiServerThatHangsHoldsNothingUp() {
    PacketEventPublisher publisher = publisher(event -> {});

    for (int i = 0; i < 1_000; i++) {
      publisher.take(packet("p" + i), "text"); // returns, or the test ends by its time
    }
    answers.countDown();

    await().until(() -> asked.size() == PacketEventPlanner.HOURLY);
  }

  @Test
  void whatIsLinedUpGoesWithTheOneThatFails() {
    PacketEventPublisher publisher =
        publisher(
            event -> {
              throw new IOException("away");
            });
    publisher.take(packet("p0"), "text");
    await().until(() -> asked.size() == 1);
    publisher.take(packet("p1"), "text");

    answers.countDown();

    // The API server is left alone for a while; what is asked for next is not what waited
    await()
        .until(
            () -> {
              nanos += Duration.ofMinutes(1).toNanos();
              publisher.take(packet("p0"), "text");
              return asked.size() > 1;
            });
    assertThat(asked).containsOnly("p0");
  }

  @Test
  void aNameThatSomebodyHasTakenKeepsThatPolicyOnlyFromHavingEvents() {
    PacketEventPublisher publisher =
        publisher(
            event -> {
              if (event.policy().equals("p0")) {
                throw new ApiRefusedException(403, "node n1 may not write events of others", 0);
              }
            });
    publisher.take(packet("p0"), "text");
    await().until(() -> asked.size() == 1);
    publisher.take(packet("p1"), "text");

    answers.countDown();

    await().until(() -> asked.size() == 2);
    publisher.take(packet("p2"), "text");
    await().until(() -> asked.equals(List.of("p0", "p1", "p2")));
  }

  @Test
  void aBugInTheWriterEndsNoThread() {
    List<Throwable> ends = new CopyOnWriteArrayList<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, why) -> ends.add(why));
    try {
      answers.countDown();
      PacketEventPublisher publisher =
          publisher(
              event -> {
                throw new IllegalStateException("bug");
              });
      publisher.take(packet("p0"), "text");
      await()
          .until(
              () -> {
                nanos += Duration.ofMinutes(10).toNanos();
                publisher.take(packet("p0"), "text");
                return asked.size() > 1;
              });
      assertThat(ends).isEmpty();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  private static NftLogPrefix packet(String policy) {
    return new NftLogPrefix("deny", policy, "rest");
  }

  /** One whose API server answers only when it may. */
  private PacketEventPublisher publisher(PacketEventPublisher.Writer then) {
    return new PacketEventPublisher(
        new PacketEventPlanner(Optional::of, () -> nanos, () -> Instant.EPOCH, () -> 0),
        event -> {
          asked.add(event.policy());
          try {
            answers.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          then.write(event);
        });
  }
}
