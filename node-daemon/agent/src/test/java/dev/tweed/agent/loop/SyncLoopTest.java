package dev.tweed.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SyncLoopTest {

  private final LinkedBlockingQueue<Thread> runs = new LinkedBlockingQueue<>();

  @Test
  void everyRunIsOnTheSamePlatformThread() throws InterruptedException {
    try (SyncLoop loop = loop(() -> {})) {
      loop.start();
      Thread first = runs.take();
      loop.request();
      assertThat(runs.take()).isSameAs(first);
      loop.requestRepair();
      assertThat(runs.take()).isSameAs(first);
      assertThat(first.isVirtual()).isFalse();
    }
  }

  @Test
  void requestsDuringARunAreServedByOneMore() throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (SyncLoop loop =
        loop(
            () -> {
              inside.countDown();
              await(goOn);
            })) {
      loop.start();
      inside.await();
      for (int i = 0; i < 100; i++) {
        loop.request();
      }
      goOn.countDown();

      assertThat(runs.poll(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(runs.poll(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(runs.poll(300, TimeUnit.MILLISECONDS)).isNull();
    }
  }

  @Test
  void aRunAskedForWithinATimeComesByItself() throws InterruptedException {
    try (SyncLoop loop = loop(() -> {})) {
      loop.start();
      runs.take();

      loop.requestWithin(Duration.ofMillis(10));

      assertThat(runs.poll(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void whatComesIsTriedAheadOfARun() throws InterruptedException {
    BlockingQueue<String> done = new LinkedBlockingQueue<>();
    AtomicLong now = new AtomicLong();
    AtomicBoolean enough = new AtomicBoolean(true);
    try (SyncLoop loop =
        new SyncLoop(
            "test",
            () -> done.add("run"),
            () -> done.add("ahead") && enough.get(),
            Duration.ofSeconds(60),
            Duration.ofSeconds(1),
            Duration.ofMinutes(2),
            now::get,
            () -> 0)) {
      loop.start();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("run");

      // Where it is enough the run comes later
      loop.requestAhead();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("ahead");
      assertThat(done.poll(100, TimeUnit.MILLISECONDS)).isNull();
      now.addAndGet(Duration.ofSeconds(2).toNanos());
      loop.requestWithin(Duration.ofMinutes(1));
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("run");

      // And else at once
      enough.set(false);
      loop.requestAhead();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("ahead");
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("run");
    }
  }

  @Test
  void anExceptionIsAFailureNotTheEnd() throws InterruptedException {
    try (SyncLoop loop =
        loop(
            () -> {
              throw new IllegalStateException("on purpose");
            })) {
      loop.start();

      runs.take();
      runs.take();
      assertThat(loop.alive()).isTrue();
    }
  }

  @Test
  void aRunThatHangsIsNotAlive() throws InterruptedException {
    AtomicLong now = new AtomicLong();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    try (SyncLoop loop =
        new SyncLoop(
            "test",
            () -> {
              inside.countDown();
              await(never);
              return true;
            },
            Duration.ofSeconds(60),
            Duration.ofSeconds(1),
            Duration.ofMinutes(2),
            now::get,
            () -> 0)) {
      loop.start();
      inside.await();
      assertThat(loop.alive()).isTrue();

      now.addAndGet(Duration.ofMinutes(3).toNanos());

      assertThat(loop.alive()).isFalse();
      never.countDown();
    }
  }

  @Test
  void whatFailsForLongHoldsUpNoRepair() throws InterruptedException {
    // Given a step that has failed so often that it is tried again every half minute only
    AtomicLong now = new AtomicLong();
    try (SyncLoop loop = failing(now)) {
      loop.start();
      for (int i = 0; i < 10; i++) {
        assertThat(repairedWithin(Duration.ofSeconds(31), now, loop)).isTrue();
      }

      // When something has to be repaired, then it is within seconds
      for (int i = 0; i < 3; i++) {
        assertThat(repairedWithin(Duration.ofSeconds(1), now, loop)).isTrue();
      }
    }
  }

  /**
   * A run may not have ended yet when the next repair is asked for, so that is done three times.
   */
  private boolean repairedWithin(Duration step, AtomicLong now, SyncLoop loop)
      throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      now.addAndGet(step.toNanos());
      loop.requestRepair();
      if (runs.poll(1, TimeUnit.SECONDS) != null) {
        return true;
      }
    }
    return false;
  }

  private SyncLoop failing(AtomicLong now) {
    return new SyncLoop(
        "test",
        () -> {
          runs.add(Thread.currentThread());
          return false;
        },
        Duration.ofMinutes(10),
        Duration.ofSeconds(1),
        Duration.ofMinutes(2),
        now::get,
        () -> 0);
  }

  private SyncLoop loop(Runnable step) {
    return new SyncLoop(
        "test",
        () -> {
          runs.add(Thread.currentThread());
          step.run();
          return true;
        },
        Duration.ofSeconds(60),
        Duration.ofSeconds(1),
        Duration.ofMinutes(2),
        System::nanoTime,
        () -> 0);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
