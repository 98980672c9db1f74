package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** The machine's clock may be set at any time, by hours. */
class ClusterLoopTest {
  private static final Instant START = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration STEP = Duration.ofHours(2);

  private volatile Instant clock = START;
  private final SteadyTime time = new SteadyTime(START, System::nanoTime);
  private final AtomicInteger runs = new AtomicInteger();

  private ClusterLoop loop(Supplier<Optional<Instant>> again) {
    return new ClusterLoop(
        () -> {
          runs.incrementAndGet();
          return new ClusterReconciler.Result(ClusterOutcome.none(), List.of(), again.get());
        },
        outcome -> {},
        new OperatorMeters(new SimpleMeterRegistry()),
        ((InstantSource) () -> clock).withZone(ZoneOffset.UTC),
        time);
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(10));
  }

  @Test
  void aClockSetBackHoldsNoRequestUp() {
    try (ClusterLoop loop = loop(Optional::empty)) {
      loop.start();
      soon().until(() -> loop.lastSuccess().isPresent());

      clock = START.minus(STEP);
      loop.request();

      soon().untilAsserted(() -> assertThat(runs).hasValue(2));
    }
  }

  @Test
  void aClockSetBackHoldsNoDeadlineUp() {
    try (ClusterLoop loop = loop(() -> Optional.of(clock.plusMillis(50)))) {
      loop.start();
      soon().until(() -> loop.lastSuccess().isPresent());

      clock = START.minus(STEP);
      int before = runs.get();

      // The next may have been on already.
      soon().untilAsserted(() -> assertThat(runs).hasValueGreaterThan(before + 1));
    }
  }

  @Test
  void aClockSetForwardMakesNoRunALongOne() {
    CountDownLatch end = new CountDownLatch(1);
    try (ClusterLoop loop =
        loop(
            () -> {
              awaitUninterruptibly(end);
              return Optional.empty();
            })) {
      clock = START.plus(STEP);
      loop.start();
      soon().until(() -> loop.runningSince().isPresent());

      assertThat(loop.runningSince().orElseThrow()).isBetween(START, time.now());
      end.countDown();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
