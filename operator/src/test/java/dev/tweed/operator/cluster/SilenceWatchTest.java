package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.operator.silence.Look;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What is told, and where: SilenceOnApiServerTest. */
class SilenceWatchTest {

  private final CountDownLatch looked = new CountDownLatch(1);

  @Test
  void aThreadThatDiesLooksForEver() throws InterruptedException {
    try (SilenceWatch watch =
        watch(
            at -> {
              looked.countDown();
              throw new AssertionError("killed");
            })) {
      watch.start();
      looked.await();
      watch.close();

      assertThat(watch.lookingSince()).contains(Instant.EPOCH);
    }
  }

  @Test
  void aLookThatWentWrongEnds() throws InterruptedException {
    try (SilenceWatch watch =
        watch(
            at -> {
              looked.countDown();
              throw new IllegalStateException("wrong");
            })) {
      watch.start();
      looked.await();

      await().until(() -> watch.lookingSince().isEmpty());
    }
  }

  @Test
  void beforeTheFirstLookDaemonsCountAsHeard() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    try (SilenceWatch watch =
        watch(
            at -> {
              throw new IllegalStateException("wrong");
            })) {
      watch.start();

      assertThat(watch.lastHeard(Set.of("a"), now)).containsExactly(Map.entry("a", now));
    }
  }

  /** One that gets no further than its first look. */
  private static SilenceWatch watch(Function<Instant, Look> leases) {
    return new SilenceWatch(
        leases, null, null, null, null, null, () -> {}, new SteadyTime(Instant.EPOCH, () -> 0));
  }
}
