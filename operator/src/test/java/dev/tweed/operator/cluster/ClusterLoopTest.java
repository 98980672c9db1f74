package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.operator.cluster.Duty.Failure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** The machine's clock may be set at any time, by hours; and anything may go wrong in a run. */
class ClusterLoopTest {
  private static final Instant START = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration STEP = Duration.ofHours(2);

  private volatile Instant clock = START;
  private final SteadyTime time = new SteadyTime(START, System::nanoTime);
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicInteger told = new AtomicInteger();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private ClusterLoop loop(Supplier<Optional<Instant>> again) {
    return loop(
        () -> new ClusterReconciler.Result(ClusterOutcome.none(), List.of(), again.get()),
        outcome -> {});
  }

  private ClusterLoop loop(
      Supplier<ClusterReconciler.Result> run, Consumer<ClusterOutcome> listener) {
    return new ClusterLoop(
        () -> {
          runs.incrementAndGet();
          return run.get();
        },
        listener,
        new OperatorMeters(registry),
        ((InstantSource) () -> clock).withZone(ZoneOffset.UTC),
        time);
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60));
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

  @Test
  void anErrorEndsNeitherTheLoopNorGoesUnseen() {
    AtomicBoolean broken = new AtomicBoolean(true);
    try (ClusterLoop loop =
        loop(
            () -> {
              if (broken.get()) {
                throw new StackOverflowError("too deep");
              }
              return Optional.empty();
            })) {
      // When runs end in errors
      loop.start();
      soon().until(() -> runs.get() >= 2);

      // Then it counts as one run that does not end, for liveness, and is told
      assertThat(loop.runningSince()).isPresent();
      assertThat(loop.failingSince()).isPresent();
      assertThat(failing(Duty.RUN)).isEqualTo(1);

      // And is over when a run goes well
      broken.set(false);
      soon().until(() -> loop.lastSuccess().isPresent());
      soon().until(() -> loop.runningSince().isEmpty());
      assertThat(loop.failingSince()).isEmpty();
      assertThat(failing(Duty.RUN)).isZero();
    }
  }

  @Test
  void whatGoesWrongInARunIsToldOfItsDutyAlone() {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    failures.add(new Failure(Duty.CHORES, "a Node that may not be written"));
    try (ClusterLoop loop =
        loop(
            () ->
                new ClusterReconciler.Result(
                    ClusterOutcome.none(), List.copyOf(failures), Optional.empty()),
            outcome -> told.incrementAndGet())) {
      loop.start();

      soon().until(() -> failing(Duty.CHORES) == 1);
      assertThat(failing(Duty.ALLOCATION)).isZero();
      assertThat(told).hasPositiveValue();
      Instant since = loop.failingSince().orElseThrow();

      // When it is so in the next run too
      int before = runs.get();
      soon().until(() -> runs.get() > before + 1);

      // Then since then
      assertThat(loop.failingSince()).contains(since);
      assertThat(loop.lastSuccess()).isEmpty();
    }
  }

  @Test
  void whoCannotBeToldIsToldAgain() {
    try (ClusterLoop loop =
        loop(
            () -> new ClusterReconciler.Result(ClusterOutcome.none(), List.of(), Optional.empty()),
            outcome -> {
              if (told.incrementAndGet() < 3) {
                throw new IllegalStateException("not ready");
              }
            })) {
      loop.start();

      soon().until(() -> loop.lastSuccess().isPresent());
      assertThat(told).hasValue(3);
    }
  }

  private double failing(Duty duty) {
    return registry.get("tweed.duty.failing").tag("duty", duty.label()).gauge().value();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
