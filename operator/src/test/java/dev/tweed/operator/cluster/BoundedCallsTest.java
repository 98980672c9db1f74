package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BoundedCallsTest {
  private final BoundedCalls calls = new BoundedCalls(4, Duration.ZERO);

  @AfterEach
  void close() {
    calls.close();
  }

  @Test
  void anExceptionLeavesNoCallUnderWay() {
    // Given a call that throws while another takes its time
    AtomicInteger ended = new AtomicInteger();

    // When
    assertThatThrownBy(
            () ->
                calls.all(
                    List.of(true, false),
                    throwing -> {
                      if (throwing) {
                        throw new IllegalArgumentException("bad");
                      }
                      pause();
                      return ended.incrementAndGet();
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("bad");

    // Then
    assertThat(ended).hasValue(1);
  }

  @Test
  void neverMoreThanTheBoundAreUnderWay() {
    AtomicInteger underWay = new AtomicInteger();

    List<Integer> seen =
        calls.all(
            IntStream.range(0, 100).boxed().toList(),
            i -> {
              int now = underWay.incrementAndGet();
              Thread.yield();
              underWay.decrementAndGet();
              return now;
            });

    assertThat(seen).hasSize(100).allMatch(n -> n <= 4);
  }

  @Test
  void theWindowIsHalvedOnceForAllThatStartedTogether() {
    // Given three requests under way
    CongestionWindow window = new CongestionWindow(16);
    long started = window.generation();

    // When each is turned away
    window.pushedBack(started);
    window.pushedBack(started);
    window.pushedBack(started);

    // Then
    assertThat(window.size()).isEqualTo(8);
    // and another that starts now counts again.
    window.pushedBack(window.generation());
    assertThat(window.size()).isEqualTo(4);
  }

  @Test
  void theWindowIsNeverEmptyAndGrowsBackWithAnswers() {
    CongestionWindow window = new CongestionWindow(3);
    for (int i = 0; i < 5; i++) {
      window.pushedBack(window.generation());
    }
    assertThat(window.size()).isEqualTo(1);

    window.answered();
    assertThat(window.size()).isEqualTo(2);
    window.answered();
    window.answered();
    assertThat(window.size()).isEqualTo(3);
    IntStream.range(0, 10).forEach(i -> window.answered());
    assertThat(window.size()).isEqualTo(3);
  }

  @Test
  void aCallThatIsTurnedAwayLeavesFewerToTheNext() {
    // Given
    calls.all(List.of(1), i -> "429", "429"::equals);

    // When
    AtomicInteger started = new AtomicInteger();
    List<Integer> seen =
        calls.all(
            List.of(1, 2, 3),
            i -> {
              started.incrementAndGet();
              pause();
              return started.get();
            });

    // Then the third started when another had ended
    assertThat(Collections.min(seen)).isLessThanOrEqualTo(2);
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(200);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
