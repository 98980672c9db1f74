package dev.tweed.operator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Allocation comes nearer to its end with every call, however slow the API server is. */
class AllocatorProgressTest {
  private static final int NODES = 400;
  private static final Duration RETRY = Duration.ofSeconds(30);

  /** Calls the operator as the loop does, until nothing is left; each call has to settle some. */
  private static int untilDone(SlowCluster cluster, Supplier<Allocator> operator) {
    for (int calls = 1; calls < 1_000; calls++) {
      int before = cluster.there.size();
      var outcome = operator.get().allocate(SlowCluster.planning(NODES), cluster.cache());
      if (outcome.plan().claims().isEmpty()) {
        return calls;
      }
      assertThat(cluster.there).hasSizeGreaterThan(before);
    }
    throw new AssertionError("still not done");
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 250, 1_000, 4_000})
  void atAnyLatencyEveryCallMakesProgress(int millis) {
    // Given
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(millis));
    Allocator operator = cluster.operator();

    // When
    untilDone(cluster, () -> operator);

    // Then each was sent once, and it took little longer than the creations alone
    assertThat(cluster.there).hasSize(NODES);
    assertThat(cluster.posts).isEqualTo(NODES);
    Duration creations = cluster.latency.multipliedBy(NODES / SlowCluster.PARALLEL + 1);
    assertThat(Duration.ofNanos(cluster.nanos))
        .isLessThan(creations.multipliedBy(3).plus(cluster.latency.multipliedBy(10)));
  }

  @ParameterizedTest
  @ValueSource(ints = {250, 1_000})
  void operatorsThatDieAfterEachCallGoOnWhereTheLastOneStopped(int millis) {
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(millis));

    untilDone(cluster, cluster::operator);

    assertThat(cluster.there).hasSize(NODES);
    assertThat(cluster.posts).isEqualTo(NODES);
  }

  @Test
  void aCallEndsSoonSoThatOtherDutiesHaveTheirTurn() {
    SlowCluster cluster = new SlowCluster(Duration.ofSeconds(1));

    cluster.operator().allocate(SlowCluster.planning(NODES), cluster.cache());

    assertThat(Duration.ofNanos(cluster.nanos)).isLessThan(Duration.ofSeconds(15));
  }

  @Test
  void batchesFollowWhatTheLastOneTook() {
    // Given an API server that takes long
    SlowCluster cluster = new SlowCluster(Duration.ofSeconds(1));
    Allocator operator = cluster.operator();

    // When
    operator.allocate(SlowCluster.planning(NODES), cluster.cache());
    for (int i = 0; i < 100 && !cluster.ledger.ledger().intents().isEmpty(); i++) {
      operator.allocate(SlowCluster.planning(NODES), cluster.cache());
    }
    operator.allocate(SlowCluster.planning(2 * NODES), cluster.cache());

    // Then
    assertThat(cluster.ledger.ledger().intents().size()).isLessThan(NODES / 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10})
  void creationsThatAreTurnedAwayAreSentAgain(int turnsAway) {
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(50));
    cluster.turnsAway = turnsAway;
    Allocator operator = cluster.operator();

    untilDone(cluster, () -> operator);

    assertThat(cluster.there).hasSize(NODES);
    assertThat(cluster.posts).isLessThan(3 * NODES);
  }

  @Test
  void afterAMinuteOfSilenceItGoesOn() {
    // Given a minute of silence in the middle of the creations
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(250));
    Allocator operator = cluster.operator();
    operator.allocate(SlowCluster.planning(NODES), cluster.cache());
    int before = cluster.there.size();
    cluster.silentUntil = cluster.nanos + Duration.ofMinutes(1).toNanos();

    // When
    while (cluster.nanos < cluster.silentUntil) {
      assertThatThrownBy(() -> operator.allocate(SlowCluster.planning(NODES), cluster.cache()))
          .isInstanceOf(RuntimeException.class);
      cluster.pass(RETRY);
    }
    assertThat(cluster.there).hasSize(before);
    untilDone(cluster, () -> operator);

    // Then
    assertThat(cluster.there).hasSize(NODES);
    assertThat(cluster.posts).isEqualTo(NODES);
  }

  @Test
  void silenceInTheMiddleOfABatchLosesNothing() {
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(250));
    Allocator operator = cluster.operator();
    cluster.beforeCreation = () -> cluster.silentUntil = cluster.nanos + RETRY.toNanos();

    assertThatThrownBy(() -> operator.allocate(SlowCluster.planning(NODES), cluster.cache()))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("no answer");
    cluster.pass(RETRY);
    untilDone(cluster, () -> operator);

    assertThat(cluster.there).hasSize(NODES);
  }

  @Test
  void claimsThatAreRefusedHoldUpNoOthers() {
    // Given more nodes than a batch takes that the API server refuses, all of them the oldest
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(5));
    cluster.refuses =
        IntStream.range(0, 150).mapToObj(i -> "node-" + i).collect(Collectors.toSet());

    // When
    var outcome = cluster.operator(50).allocate(SlowCluster.planning(NODES), cluster.cache());

    // Then
    assertThat(outcome.refused()).hasSize(150);
    assertThat(cluster.there).hasSize(NODES - 150);
    assertThat(cluster.ledger.ledger().intents()).isEmpty();
  }

  @Test
  void aLedgerThatIsStillOursSparesTheList() {
    SlowCluster cluster = new SlowCluster(Duration.ofSeconds(1));
    Allocator operator = cluster.operator();

    untilDone(cluster, () -> operator);

    assertThat(cluster.lists).isEqualTo(1);
  }

  @Test
  void theCursorIsThatOfTheWholePlan() {
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(5));

    cluster.operator(50).allocate(SlowCluster.planning(NODES), cluster.cache());

    assertThat(cluster.ledger.ledger().cursors()).containsEntry("10.0.0.0/8", (long) NODES);
  }

  @Test
  void anOperatorOnAMachineThatWasSuspendedLooksAtTheLedgerFirst() {
    // Given a machine that is suspended between ledger and creation, which one of its clocks does
    // not notice, while another operator does the work
    SlowCluster cluster = new SlowCluster(Duration.ofMillis(5));
    Allocator sleeper = cluster.operator();
    cluster.beforeCreation =
        () -> {
          cluster.suspended = Duration.ofHours(1);
          cluster.operator().allocate(SlowCluster.planning(10), cluster.cache());
          cluster.there.clear();
          cluster.posts = 0;
        };

    // When
    assertThatThrownBy(() -> sleeper.allocate(SlowCluster.planning(10), cluster.cache()))
        .isInstanceOf(LedgerException.class);

    // Then it sent nothing by the ledger of then
    assertThat(cluster.posts).isZero();
    assertThat(cluster.there).isEmpty();
  }
}
