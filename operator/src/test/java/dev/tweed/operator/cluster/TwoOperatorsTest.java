package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.AllocationHistory;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.DaemonFacts;
import dev.tweed.operator.allocation.LastBlocks;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.ledger.ClaimWriter;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.ledger.Ledger;
import dev.tweed.operator.ledger.LedgerException;
import dev.tweed.operator.ledger.LedgerStore;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Two operators at once, without leader election, never hand out the same range, overlapping ranges
 * or a second block, not even for a moment: a watch sees every state there ever was.
 */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class TwoOperatorsTest {
  private static final Duration QUIET = Duration.ofSeconds(9);

  private ApiServer server;
  private KubernetesClient client;
  private TestCluster cluster;
  private SubnetHistory history;
  private final BoundedCalls calls = TestCluster.calls(16);
  private final List<Racer> racers = new ArrayList<>();

  @BeforeEach
  void start(ApiServer server) {
    this.server = server;
    client = server.admin();
    cluster = new TestCluster(client);
    cluster.clear();
    history = new SubnetHistory(client);
  }

  @AfterEach
  void stop() {
    racers.forEach(Racer::stop);
    history.close();
    calls.close();
  }

  /** An operator that can be killed: its connections die under it. */
  private final class Racer {
    private final KubernetesClient own =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(server.config())
                    .withRequestRetryBackoffLimit(1)
                    .withRequestTimeout(8_000)
                    .build())
            .build();
    private final OperatorCore core;

    Racer(String name, SimpleMeterRegistry registry) {
      // Small batches: more of them means more collisions.
      core =
          new OperatorCore(
              own,
              TestCluster.settings(name, QUIET, 20),
              registry,
              Clock.systemUTC(),
              System::nanoTime);
      core.start();
    }

    void kill() {
      own.close();
      core.close();
    }

    void stop() {
      core.close();
      own.close();
    }
  }

  @Test
  void operatorsThatRaceAndDieHandNothingOutTwice() throws InterruptedException {
    // Given two networks that select every node, with blocks of different sizes, and three
    // operators
    Random random = new Random(Long.getLong("tweed.race.seed", 20260301));
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    for (int i = 0; i < 3; i++) {
      racers.add(new Racer("racer-" + i, meters));
    }
    cluster.network("alpha", zones("zone-0", "zone-1"), pool("10.64.0.0/18", 24));
    cluster.network("beta", zones("zone-1", "zone-2"), pool("10.65.0.0/19", 26));

    // When 240 nodes arrive in waves, operators are killed, networks grow over each other, and
    // nodes
    // go for good
    for (int wave = 0; wave < 6; wave++) {
      cluster.nodes(wave * 40, wave * 40 + 40);
      if (wave == 2) {
        cluster.appendPool("alpha", pool("10.65.0.0/16", 23));
      }
      if (wave == 3) {
        // Takes what beta, now overlapped by the older alpha, may not serve any more.
        cluster.network("gamma", pool("10.66.0.0/20", 28));
        // So few that no network is asked to wait for an hour.
        for (int gone = 0; gone < 6; gone++) {
          client.nodes().withName("node-%04d".formatted(random.nextInt(120))).delete();
        }
      }
      Racer victim = racers.remove(random.nextInt(racers.size()));
      TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
      victim.kill();
      racers.add(new Racer("racer-" + (wave + 3), meters));
    }

    // Then every node that is there ends with exactly one block
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              List<String> nodes =
                  client.nodes().list().getItems().stream()
                      .map(n -> n.getMetadata().getName())
                      .toList();
              assertThat(history.alive().values())
                  .extracting(s -> s.getSpec().nodeName())
                  .containsExactlyInAnyOrderElementsOf(nodes);
            });
    // and no state in between was any different
    assertThat(history.violations()).isEmpty();
    assertThat(history.deleted()).isPositive();
    assertThat(history.alive().values())
        .extracting(s -> s.getSpec().podNetwork())
        .contains("alpha", "beta", "gamma");
    // and it was a race.
    assertThat(meters.get("tweed.ledger.conflicts").counter().count()).isPositive();
  }

  private static LabelSelector zones(String... zones) {
    return new LabelSelector(
        Map.of(),
        List.of(
            new LabelSelector.Requirement(
                "topology.kubernetes.io/zone", LabelSelector.Operator.In, List.of(zones))));
  }

  /** A writer whose creations wait until the test lets them go. */
  private record Sleepy(ClaimWriter writer, CountDownLatch asleep, CountDownLatch wake)
      implements ClaimWriter {
    @Override
    public List<SubnetFacts> listLatest() {
      return writer.listLatest();
    }

    @Override
    public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
      asleep.countDown();
      try {
        assertThat(wake.await(60, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      // As if each request had been sent just before the sleep.
      return writer.create(claims, () -> true);
    }
  }

  private Allocator.Planning planning(List<Node> nodes, List<PodNetwork> networks) {
    return (subnets, cursors) ->
        AllocationPlanner.plan(
            new AllocationInput(
                networks.stream().map(Facts::of).toList(),
                nodes.stream().map(Facts::of).toList(),
                subnets,
                Map.of(),
                DaemonFacts.none(),
                new AllocationHistory(LastBlocks.none(), cursors, Map.of()),
                Duration.ofMinutes(5),
                MirroredLabels.ALWAYS,
                Instant.now()));
  }

  /**
   * Given an operator asleep between its ledger entry and its creations, which knows one network;
   * when another that knows a bigger, overlapping one with other block sizes allocates, and the
   * first wakes up.
   */
  private void interleave(LedgerStore first, LedgerStore second) throws Exception {
    cluster.nodes(0, 6);
    List<Node> nodes = client.nodes().list().getItems();
    // The bigger first, for of two that overlap the older one gives: by the second, then by name.
    PodNetwork big = cluster.network("big", pool("10.70.0.0/20", 25));
    PodNetwork small = cluster.network("small", pool("10.70.0.0/24", 26));
    client.resource(small).delete();
    SubnetWriter writer = new SubnetWriter(client, calls);
    Sleepy sleepy = new Sleepy(writer, new CountDownLatch(1), new CountDownLatch(1));
    Allocator one = TestCluster.allocator(first, sleepy, QUIET, System::nanoTime);
    Allocator two = TestCluster.allocator(second, writer, QUIET, System::nanoTime);
    CompletableFuture<Allocator.Outcome> slow =
        CompletableFuture.supplyAsync(
            () -> one.allocate(planning(nodes, List.of(small)), List.of()));
    assertThat(sleepy.asleep().await(30, TimeUnit.SECONDS)).isTrue();
    two.allocate(planning(nodes, List.of(small, big)), List.of());
    sleepy.wake().countDown();
    slow.get(60, TimeUnit.SECONDS);
    // The watch has seen the last of them when it has seen what a list shows.
    int there = cluster.subnets().size();
    await().atMost(Duration.ofSeconds(20)).until(() -> history.created() >= there);
  }

  @Test
  void anOperatorThatSleptBetweenLedgerAndCreationDoesNoHarm() throws Exception {
    LedgerStore shared = new ConfigMapLedgerStore(client, TestCluster.NAMESPACE);

    interleave(shared, shared);

    assertThat(history.violations()).isEmpty();
    assertThat(history.alive()).hasSize(6);
    assertThat(shared.read().ledger().intents()).isEmpty();
  }

  @Test
  void withoutACommonLedgerTheSameInterleavingHandsOutTwice() throws Exception {
    // The control: this is what the ledger prevents, and the history does notice.
    interleave(new OwnLedger(), new OwnLedger());

    assertThat(history.violations()).isNotEmpty();
  }

  /** A ledger that nobody else sees. */
  private static final class OwnLedger implements LedgerStore {
    private Ledger ledger = Ledger.empty();

    @Override
    public Entry read() {
      return new Entry(ledger, Optional.of("always"));
    }

    @Override
    public Optional<Entry> replace(Entry read, Ledger next) {
      ledger = next;
      return Optional.of(new Entry(next, Optional.of("always")));
    }
  }

  /** A writer whose process dies before the first creation. */
  private record Dying(ClaimWriter writer) implements ClaimWriter {
    @Override
    public List<SubnetFacts> listLatest() {
      return writer.listLatest();
    }

    @Override
    public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
      return claims.stream()
          .<ClaimResult>map(c -> new ClaimResult.Unknown(c.getMetadata().getName(), "died"))
          .toList();
    }
  }

  @Test
  void whatADeadOperatorWroteDownIsCarriedOutByTheNext() {
    // Given an operator that died after it wrote the ledger
    cluster.nodes(0, 3);
    List<Node> nodes = client.nodes().list().getItems();
    PodNetwork network = cluster.network("default", pool("10.71.0.0/24", 26));
    LedgerStore store = new ConfigMapLedgerStore(client, TestCluster.NAMESPACE);
    SubnetWriter writer = new SubnetWriter(client, calls);
    Allocator dead = TestCluster.allocator(store, new Dying(writer), QUIET, System::nanoTime);
    assertThatThrownBy(() -> dead.allocate(planning(nodes, List.of(network)), List.of()))
        .isInstanceOf(LedgerException.class);
    List<String> intended =
        store.read().ledger().intents().stream().map(i -> i.nodeName() + i.cidr()).toList();

    // When another one comes, which does not even know of the nodes
    TestCluster.allocator(store, writer, QUIET, System::nanoTime)
        .allocate(planning(List.of(), List.of(network)), List.of());

    // Then
    assertThat(cluster.subnets())
        .extracting(s -> s.getSpec().nodeName() + s.getSpec().cidr())
        .containsExactlyInAnyOrderElementsOf(intended)
        .hasSize(3);
    assertThat(store.read().ledger().intents()).isEmpty();
  }

  @Test
  void aBlockThatIsTakenInSecretIsGivenToNobodyElse() {
    // Given a NodeSubnet that the plan does not know of, as with a cache that is behind
    cluster.nodes(0, 1);
    PodNetwork network = cluster.network("default", pool("10.72.0.0/24", 26));
    List<Node> nodes = client.nodes().list().getItems();
    SubnetWriter writer = new SubnetWriter(client, calls);
    LedgerStore store = new ConfigMapLedgerStore(client, TestCluster.NAMESPACE);
    ClaimWriter blind =
        new ClaimWriter() {
          @Override
          public List<SubnetFacts> listLatest() {
            return List.of();
          }

          @Override
          public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
            return writer.create(claims, mayStart);
          }
        };
    TestCluster.allocator(new OwnLedger(), writer, QUIET, System::nanoTime)
        .allocate(planning(nodes, List.of(network)), List.of());

    // When
    Allocator.Outcome outcome =
        TestCluster.allocator(store, blind, QUIET, System::nanoTime)
            .allocate(planning(nodes, List.of(network)), List.of());

    // Then the API server's 409 has the last word
    assertThat(outcome.plan().claims()).hasSize(1);
    assertThat(outcome.created()).isEmpty();
    assertThat(cluster.subnets()).hasSize(1);
  }

  @Test
  void aBlockGivenBackMeansNothingToAnOldClaim() {
    // Given a NodeSubnet that came into being a moment ago
    cluster.nodes(0, 1);
    PodNetwork network = cluster.network("default", pool("10.73.0.0/24", 26));
    long[] now = {0};
    Allocator allocator =
        TestCluster.allocator(
            new ConfigMapLedgerStore(client, TestCluster.NAMESPACE),
            new SubnetWriter(client, calls),
            QUIET,
            () -> now[0]);
    allocator.allocate(planning(client.nodes().list().getItems(), List.of(network)), List.of());

    // Then nothing may be deleted before every creation of it has come to rest
    assertThat(allocator.mayDelete("10.73.0.0/26")).isFalse();
    now[0] = QUIET.toNanos() - 1;
    assertThat(allocator.mayDelete("10.73.0.0/26")).isFalse();
    now[0] = QUIET.toNanos();
    assertThat(allocator.mayDelete("10.73.0.0/26")).isTrue();
  }

  @Test
  void aClaimIsNotSentLongAfterItWasPlanned() {
    cluster.nodes(0, 1);
    PodNetwork network = cluster.network("default", pool("10.74.0.0/24", 26));
    long[] now = {0};
    SubnetWriter writer = new SubnetWriter(client, calls);
    ClaimWriter late =
        new ClaimWriter() {
          @Override
          public List<SubnetFacts> listLatest() {
            return writer.listLatest();
          }

          @Override
          public List<ClaimResult> create(List<NodeSubnet> claims, BooleanSupplier mayStart) {
            now[0] += QUIET.dividedBy(3).toNanos();
            return writer.create(claims, mayStart);
          }
        };
    Allocator allocator =
        TestCluster.allocator(
            new ConfigMapLedgerStore(client, TestCluster.NAMESPACE), late, QUIET, () -> now[0]);

    assertThatThrownBy(
            () ->
                allocator.allocate(
                    planning(client.nodes().list().getItems(), List.of(network)), List.of()))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("out of time");
    assertThat(cluster.subnets()).isEmpty();
  }
}
