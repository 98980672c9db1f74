package dev.tweed.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/** Threads run when the test says. */
class SideTaskTest {

  private final Queue<Runnable> threads = new ArrayDeque<>();
  private boolean full;
  private final Executor executor =
      run -> {
        if (full) {
          throw new OutOfMemoryError("unable to create native thread");
        }
        threads.add(run);
      };
  private int runs;

  @Test
  void whereThereIsNoThreadItIsDoneWhenItIsAskedForAgain() {
    SideTask task = new SideTask("test", () -> runs++, executor);
    full = true;
    task.start();
    assertThat(threads).isEmpty();

    full = false;
    task.start();
    threads.remove().run();

    assertThat(runs).isEqualTo(1);
  }

  @Test
  void whatIsAskedForMeanwhileIsDoneOnceMoreByTheSameThread() {
    SideTask[] task = new SideTask[1];
    task[0] =
        new SideTask(
            "test",
            () -> {
              if (++runs == 1) {
                task[0].start();
                task[0].start();
              }
            },
            executor);
    task[0].start();

    threads.remove().run();

    assertThat(runs).isEqualTo(2);
    assertThat(threads).isEmpty();
  }

  @Test
  void oneThatThrewIsStartedAgain() {
    SideTask task =
        new SideTask(
            "test",
            () -> {
              runs++;
              throw new IllegalStateException("wrong");
            },
            executor);
    task.start();
    assertThatThrownBy(() -> threads.remove().run()).isInstanceOf(IllegalStateException.class);

    task.start();

    assertThat(threads).hasSize(1);
  }
}
