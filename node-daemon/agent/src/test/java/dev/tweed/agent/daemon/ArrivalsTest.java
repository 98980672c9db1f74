package dev.tweed.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.cluster.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ArrivalsTest {
  private final Arrivals arrivals = new Arrivals();
  private final List<SubnetRecord> taken = new ArrayList<>();

  private static SubnetRecord subnet(int node) {
    return new Views().subnet(node).view().subnets().getFirst();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void areTakenInOrderAndOnce() {
    arrivals.add(subnet(2));
    arrivals.add(subnet(3));

    arrivals.take(taken::add);
    arrivals.take(taken::add);

    assertThat(taken).extracting(SubnetRecord::node).containsExactly("n2", "n3");
  }

  @Test
  void areTakenByTheCallerWhileSomethingIsComputed() {
    // Given a computation that does not end before one that comes during it is taken
    CountDownLatch there = new CountDownLatch(1);
    Thread caller = Thread.currentThread();

    String result =
        arrivals.take(
            subnet -> {
              assertThat(Thread.currentThread()).isSameAs(caller);
              taken.add(subnet);
              there.countDown();
            },
            () -> {
              arrivals.add(subnet(2));
              await(there);
              return "done";
            });

    assertThat(result).isEqualTo("done");
    assertThat(taken).hasSize(1);
    // What ended the wait is nothing that came
    arrivals.take(taken::add);
    assertThat(taken).hasSize(1);
  }

  @Test
  void whatTheComputationThrowsIsThrown() {
    IllegalArgumentException failure = new IllegalArgumentException("no");

    assertThatThrownBy(
            () ->
                arrivals.take(
                    taken::add,
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
  }

  @Test
  void oneThreadComputesWhateverWasThrown() {
    Thread first = arrivals.take(taken::add, Thread::currentThread);
    assertThatThrownBy(
            () ->
                arrivals.take(
                    taken::add,
                    () -> {
                      throw new OutOfMemoryError("no");
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    // Nor is a taker that fails the end of it
    CountDownLatch there = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                arrivals.take(
                    subnet -> {
                      there.countDown();
                      throw new IllegalStateException("no");
                    },
                    () -> {
                      arrivals.add(subnet(2));
                      await(there);
                      return "done";
                    }))
        .hasMessage("no");

    assertThat(arrivals.take(taken::add, Thread::currentThread)).isSameAs(first);
    assertThat(taken).isEmpty();
  }
}
