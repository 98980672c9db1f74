package dev.tweed.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

  private SyncLoop loop(Runnable step) {
    return new SyncLoop(
        "test",
        () -> {
          runs.add(Thread.currentThread());
          step.run();
          return true;
        },
        Duration.ofSeconds(60),
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
