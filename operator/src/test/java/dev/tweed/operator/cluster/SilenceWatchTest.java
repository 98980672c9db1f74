package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.operator.silence.Look;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What is told, and where: SilenceOnApiServerTest. */
class SilenceWatchTest {

  private final CountDownLatch looked = new CountDownLatch(1);
  private final AtomicLong nanos = new AtomicLong();
  private final List<Boolean> failing = new CopyOnWriteArrayList<>();
  private int answer = 403;

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

  @Test
  void leasesThatMayNotBeListedAreToldAndKeepNoBlockForEver() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    Instant began = Instant.EPOCH;
    SilenceWatch watch =
        watch(
            at -> {
              throw new KubernetesClientException("no", answer, null);
            });

    // Given looks that are refused
    watch.look();
    assertThat(failing).containsExactly(true);
    assertThat(watch.failingSince()).contains(began);
    nanos.addAndGet(Duration.ofHours(1).toNanos());

    // Then nobody is heard meanwhile
    assertThat(watch.lastHeard(Set.of("a"), now))
        .containsExactly(Map.entry("a", now.minus(Duration.ofHours(1))));

    // but with an API server that only does not answer everybody may live
    answer = 503;
    watch.look();
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    assertThat(watch.lastHeard(Set.of("a"), now)).containsExactly(Map.entry("a", now));
    assertThat(watch.failingSince()).contains(began);
  }

  /** One that gets no further than its first look. */
  private SilenceWatch watch(Function<Instant, Look> leases) {
    return new SilenceWatch(
        leases,
        null,
        null,
        null,
        null,
        null,
        () -> {},
        failing::add,
        new SteadyTime(Instant.EPOCH, nanos::get));
  }
}
