package dev.tweed.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundedCallsTest {
  private final CongestionWindow window = new CongestionWindow(4);
  private final AtomicLong nanos = new AtomicLong();
  private final BoundedCalls calls =
      new BoundedCalls(window, Duration.ZERO, new SteadyTime(Instant.EPOCH, nanos::get));

  @AfterEach
  void close() {
    calls.close();
  }

  private static String failed(Object element, RuntimeException e) {
    return element + " " + e.getMessage();
  }

  private static RuntimeException answer(int code) {
    return new KubernetesClientException(String.valueOf(code), code, null);
  }

  @Test
  void oneThatThrowsKeepsNothingOfTheOthers() {
    List<String> results =
        calls.all(
            List.of("a", "b", "c"),
            () -> true,
            element -> {
              if (element.equals("b")) {
                throw new IllegalArgumentException("bad");
              }
              return "done";
            },
            BoundedCallsTest::failed);

    assertThat(results).containsExactly("done", "b bad", "done");
  }

  @Test
  void anErrorLeavesNoCallUnderWay() {
    // Given a call that ends in an error while another takes its time
    AtomicInteger ended = new AtomicInteger();

    // When
    assertThatThrownBy(
            () ->
                calls.all(
                    List.of(true, false),
                    () -> true,
                    throwing -> {
                      if (throwing) {
                        throw new AssertionError("bad");
                      }
                      pause();
                      return "" + ended.incrementAndGet();
                    },
                    BoundedCallsTest::failed))
        .hasRootCauseMessage("bad");

    // Then
    assertThat(ended).hasValue(1);
  }

  @Test
  void writesTellWhatWentWrongButNotWhatWasChangedMeanwhile() {
    BoundedCalls.Written written =
        calls.each(
            List.of(200, 403, 404, 409, 410, 503),
            code -> "Node " + code,
            code -> {
              if (code != 200) {
                throw answer(code);
              }
            });

    assertThat(written.failures()).containsExactlyInAnyOrder("Node 403: 403", "Node 503: 503");
    assertThat(written.more()).isFalse();
  }

  @Test
  void whatWasNotBegunInTimeIsLeftAndEachHasItsTurn() {
    // Given a hundred writes that take a second each, as four at a time have it, and always fail
    List<Integer> elements = IntStream.range(0, 100).boxed().toList();
    Set<Integer> tried = ConcurrentHashMap.newKeySet();

    for (int run = 0; run < 100; run++) {
      // When
      long begun = nanos.get();
      BoundedCalls.Written written =
          calls.each(
              elements,
              element -> "Node " + element,
              element -> {
                nanos.addAndGet(Duration.ofMillis(250).toNanos());
                tried.add(element);
                throw answer(403);
              });

      // Then it ends when ten seconds are over, but for what is under way
      assertThat(Duration.ofNanos(nanos.get() - begun))
          .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
      assertThat(written.failures()).hasSizeBetween(40, 44);
      assertThat(written.more()).isTrue();
    }

    assertThat(tried).hasSize(100);
  }

  @Test
  void neverMoreThanTheBoundAreUnderWay() {
    AtomicInteger underWay = new AtomicInteger();

    List<Integer> seen =
        calls.all(
            IntStream.range(0, 100).boxed().toList(),
            () -> true,
            i -> {
              int now = underWay.incrementAndGet();
              Thread.yield();
              underWay.decrementAndGet();
              return now;
            },
            (i, e) -> -1);

    assertThat(seen).hasSize(100).allMatch(n -> n >= 1 && n <= 4);
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

  @ParameterizedTest
  @CsvSource({"429,2", "503,2", "504,2", "0,2", "200,4", "403,4", "404,4", "409,4"})
  void aCallThatIsTurnedAwayOrNotAnsweredLeavesFewerToTheNext(int code, int underWay) {
    calls.each(
        List.of(code),
        c -> "",
        c -> {
          if (c != 200) {
            throw answer(c);
          }
        });

    assertThat(window.size()).isEqualTo(underWay);
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(200);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
