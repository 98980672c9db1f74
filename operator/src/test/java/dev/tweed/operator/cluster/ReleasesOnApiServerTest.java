package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.Shortfall;
import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Blocks are released while the cluster goes on. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class ReleasesOnApiServerTest {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int NODES = 3;
  private static final OperatorSettings SETTINGS = TestCluster.settings("releases");
  private static final String GROUP = "group";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private KubernetesClient admin;
  private TestCluster cluster;
  private KubernetesClient client;
  private ClusterCaches caches;
  private BoundedCalls calls;
  private ClusterReconciler reconciler;
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private volatile Duration steady = Duration.ZERO;
  private volatile Runnable beforeDeletion = () -> {};
  private volatile Runnable beforeList = () -> {};
  private volatile Runnable beforeNetworks = () -> {};

  @BeforeEach
  void threeNodesWithBlocks(ApiServer server) {
    admin = server.admin();
    cluster = new TestCluster(admin);
    cluster.clear();
    client = TestCluster.client(server, new Meanwhile());
    operator();
    createNodes();
    network("10.244.0.0/16");
    seen(v -> v.nodes().size() == NODES && v.networks().size() == 1);
    reconciler.reconcile();
    assertThat(cluster.subnets()).hasSize(NODES);
  }

  /** A new one, that knows nothing of what was before. */
  private void operator() {
    caches = TestCluster.caches(client);
    caches.start();
    // One at a time, so that something can happen between two of them.
    calls = TestCluster.calls(1);
    Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);
    SubnetWriter subnets = new SubnetWriter(client, calls);
    Allocator allocator =
        TestCluster.allocator(
            new ConfigMapLedgerStore(client, TestCluster.NAMESPACE),
            subnets,
            SETTINGS.quiet(),
            () -> steady.toNanos());
    OperatorMeters meters = new OperatorMeters(registry);
    reconciler =
        new ClusterReconciler(
            caches,
            allocator,
            subnets,
            new NodeWriter(client, calls, clock),
            new ReleaseWriter(
                client,
                allocator,
                subnets,
                calls,
                new OperatorEvents(client, SETTINGS, clock),
                meters,
                SETTINGS,
                clock),
            new GuardExpiry(
                client,
                calls,
                caches::openGuards,
                SETTINGS.releaseAfter(),
                new SteadyTime(now, System::nanoTime)),
            view -> Set.of(),
            (view, time) -> Map.of(),
            new OperatorEvents(client, SETTINGS, clock),
            meters,
            SETTINGS,
            clock,
            new SteadyTime(Instant.EPOCH, () -> steady.toNanos()));
  }

  private void end() {
    caches.close();
    calls.close();
  }

  @AfterEach
  void stop() {
    end();
    client.close();
  }

  private void createNodes() {
    for (int i = 1; i <= NODES; i++) {
      cluster.node("n" + i, Map.of(GROUP, "a"), "192.0.2." + i, n -> {});
    }
  }

  private PodNetwork network(String pool) {
    return cluster.network("default", new LabelSelector(Map.of(GROUP, "a"), null), pool(pool, 24));
  }

  private PodNetwork networkAnew(String pool) {
    admin.resources(PodNetwork.class).withName("default").delete();
    PodNetwork network = network(pool);
    seen(v -> v.networks().stream().anyMatch(n -> n.uid().equals(network.getMetadata().getUid())));
    return network;
  }

  private void label(String group) {
    for (Node node : admin.nodes().list().getItems()) {
      admin
          .resource(node)
          .edit(
              n -> {
                n.getMetadata().getLabels().put(GROUP, group);
                return n;
              });
    }
    seen(v -> v.nodes().stream().allMatch(n -> group.equals(n.labels().get(GROUP))));
  }

  private void seen(Predicate<ClusterView> expected) {
    await().atMost(SOON).until(() -> expected.test(caches.view()));
  }

  private ClusterReconciler.Result markThenRelease() {
    mark();
    pass(SETTINGS.releaseAfter().plus(SETTINGS.quiet()));
    return reconciler.reconcile();
  }

  private void mark() {
    reconciler.reconcile();
    seen(
        v ->
            v.subnets().size() == NODES
                && v.subnets().stream().allMatch(NetworkReadiness::released));
    reconciler.reconcile();
  }

  private void pass(Duration time) {
    steady = steady.plus(time);
    now = now.plus(time);
  }

  private Instant pending() {
    ClusterOutcome outcome = reconciler.reconcile().outcome();
    return outcome.networks().get("default").pending().orElseThrow().from();
  }

  private List<String> holders() {
    return cluster.subnets().stream().map(NodeSubnet::getSpec).map(s -> s.nodeName()).toList();
  }

  @Test
  void nodesThatComeBackMeanwhileKeepTheirBlocks() {
    // Given nodes that are gone, and come back while the first block is released
    admin.nodes().delete();
    seen(v -> v.nodes().isEmpty());
    beforeDeletion =
        () -> {
          createNodes();
          seen(v -> v.nodes().size() == NODES);
        };

    assertThat(markThenRelease().failures()).isEmpty();

    assertThat(holders()).containsExactlyInAnyOrder("n2", "n3");
  }

  @Test
  void nodesThatAreInTheNetworkAgainMeanwhileKeepTheirBlocks() {
    // Given nodes that left the network, and belong to it again while the first block is released
    label("b");
    beforeDeletion = () -> label("a");

    assertThat(markThenRelease().failures()).isEmpty();

    assertThat(holders()).containsExactlyInAnyOrder("n2", "n3");
  }

  @Test
  void aClockSetForwardReleasesNothing() {
    // Given a ledger that has rested for long enough, and marks that were seen for a moment
    pass(SETTINGS.quiet());
    Instant marked = now;
    label("b");
    mark();

    Instant told = pending();
    now = now.plus(Duration.ofHours(2));
    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(holders()).hasSize(NODES);
    // and people are told the same as before: when, by the clock that marked them
    assertThat(pending()).isEqualTo(told).isEqualTo(marked.plus(SETTINGS.releaseAfter()));
  }

  @Test
  void aClockSetBackKeepsNoBlockForLonger() {
    label("b");
    mark();

    pass(SETTINGS.releaseAfter().plus(SETTINGS.quiet()));
    now = now.minus(Duration.ofHours(2));
    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(holders()).isEmpty();
  }

  @Test
  void blocksThatLieInAPoolAgainMeanwhileAreKept() {
    // Given a network that was made anew with another pool, and again with the first
    networkAnew("10.99.0.0/16");
    beforeNetworks = () -> networkAnew("10.244.0.0/16");
    pass(SETTINGS.quiet());

    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(holders()).containsExactlyInAnyOrder("n1", "n2", "n3");
  }

  @Test
  void aSecondBlockIsKeptWhenTheFirstIsGoneMeanwhile() {
    NodeSubnet first = cluster.subnetOf("n1");
    NodeSubnet second = new NodeSubnet();
    second.getMetadata().setName("10-244-200-0-24");
    second.setSpec(
        new NodeSubnetSpec(
            "default",
            "n1",
            first.getSpec().nodeUID(),
            "10.244.200.0/24",
            first.getSpec().nodeIPs(),
            first.getSpec().vtepMAC()));
    admin.resource(second).create();
    seen(v -> v.subnets().size() == NODES + 1);
    beforeNetworks = () -> admin.resource(first).delete();
    pass(SETTINGS.quiet());

    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(cluster.subnetOf("n1").getSpec().cidr()).isEqualTo("10.244.200.0/24");
  }

  @Test
  void aPodCidrThatAnotherNodeHasIsTakenOverAtOnce() {
    // Given a network of podCIDRs, whose only node goes, and another with its podCIDR
    admin.resources(PodNetwork.class).delete();
    admin.resources(NodeSubnet.class).delete();
    nodeWithPodCIDR("n8");
    cluster.network("adopting", PodNetworkSpec.Allocation.NodePodCIDR, pool("10.77.0.0/16", 24));
    seen(
        v ->
            v.nodes().size() == NODES + 1
                && v.subnets().isEmpty()
                && v.networks().stream().anyMatch(n -> n.name().equals("adopting")));
    reconciler.reconcile();
    assertThat(holders()).containsExactly("n8");
    admin.nodes().withName("n8").delete();
    nodeWithPodCIDR("n9");
    seen(v -> v.nodes().stream().noneMatch(n -> n.name().equals("n8")));
    pass(SETTINGS.quiet());

    reconciler.reconcile();
    assertThat(holders()).isEmpty();
    seen(v -> v.subnets().isEmpty());
    reconciler.reconcile();

    assertThat(holders()).containsExactly("n9");
  }

  private void nodeWithPodCIDR(String name) {
    cluster.node(name, Map.of(), "192.0.2.8", n -> {});
    admin
        .nodes()
        .withName(name)
        .edit(
            n -> {
              n.getSpec().setPodCIDR("10.77.5.0/24");
              n.getSpec().setPodCIDRs(List.of("10.77.5.0/24"));
              return n;
            });
    seen(v -> v.nodes().stream().anyMatch(n -> n.name().equals(name) && !n.podCIDRs().isEmpty()));
  }

  @Test
  void aNodeThatReturnsAfterItsBlockWasReleasedGetsItAgainFromTheNextOperatorToo() {
    // Given a node whose block was released, and another that came after it
    String block = blocks().get("n1");
    admin.nodes().withName("n1").delete();
    seen(v -> v.nodes().size() == NODES - 1);
    reconciler.reconcile();
    seen(v -> v.subnets().stream().anyMatch(NetworkReadiness::released));
    reconciler.reconcile();
    pass(SETTINGS.releaseAfter().plus(SETTINGS.quiet()));
    reconciler.reconcile();
    assertThat(holders()).containsExactlyInAnyOrder("n2", "n3");
    cluster.node("n4", Map.of(GROUP, "a"), "192.0.2.4", n -> {});
    seen(v -> v.nodes().size() == NODES);
    reconciler.reconcile();
    assertThat(blocks()).containsKey("n4").doesNotContainValue(block);

    // When it returns to an operator that has just started
    end();
    operator();
    cluster.node("n1", Map.of(GROUP, "a"), "192.0.2.1", n -> {});
    seen(v -> v.nodes().size() == NODES + 1);
    reconciler.reconcile();

    assertThat(blocks()).containsEntry("n1", block);
  }

  @Test
  void oneEventTellsOfAllBlocksThatANetworkGotBack() {
    PodNetwork network = networkAnew("10.99.0.0/16");
    pass(SETTINGS.quiet());

    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(holders()).isEmpty();
    // By the uid of the network, as kubectl describe asks for them
    assertThat(admin.events().v1().events().inNamespace("default").list().getItems())
        .filteredOn(e -> network.getMetadata().getUid().equals(e.getRegarding().getUid()))
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.getReason()).isEqualTo("BlockReleased");
              assertThat(e.getNote())
                  .contains("3 blocks were released", "10.244.0.0/24 of node n")
                  .contains("is in no pool of PodNetwork default");
            });
  }

  @Test
  void nodesThatLeftTheNetworkGiveTheirBlocksBack() {
    label("b");

    ClusterReconciler.Result result = markThenRelease();

    assertThat(result.failures()).isEmpty();
    assertThat(holders()).isEmpty();
    // And until the watch has told so, the network is in use, though by none of its nodes
    ClusterOutcome.NetworkState state = result.outcome().networks().get("default");
    assertThat(state.outcome().allocated()).isZero();
    assertThat(state.blocks()).isEqualTo(NODES);

    // And when one more leaves within the hour they are many
    seen(v -> v.subnets().isEmpty());
    cluster.node("n4", Map.of(GROUP, "a"), "192.0.2.4", n -> {});
    seen(v -> v.nodes().size() == NODES + 1);
    reconciler.reconcile();
    assertThat(holders()).containsExactly("n4");
    seen(v -> v.subnets().size() == 1);
    label("b");
    state = reconciler.reconcile().outcome().networks().get("default");
    assertThat(state.suspended()).hasSize(1);
  }

  @Test
  void ofManyThatLeftNoneGivesItsBlockBackUntilAPersonAgrees() {
    // Given four nodes with blocks, which lose their label
    cluster.node("n4", Map.of(GROUP, "a"), "192.0.2.4", n -> {});
    seen(v -> v.nodes().size() == NODES + 1);
    reconciler.reconcile();
    seen(v -> v.subnets().size() == NODES + 1);
    label("b");
    reconciler.reconcile();
    seen(v -> v.subnets().stream().allMatch(NetworkReadiness::released));
    reconciler.reconcile();
    pass(SETTINGS.releaseAfter().plus(SETTINGS.quiet()));

    ClusterOutcome outcome = reconciler.reconcile().outcome();

    assertThat(holders()).hasSize(NODES + 1);
    assertThat(outcome.networks().get("default").suspended()).hasSize(NODES + 1);

    // When one agrees, and takes it back while blocks are released
    agree();
    beforeNetworks =
        () ->
            admin
                .resources(PodNetwork.class)
                .withName("default")
                .edit(
                    n -> {
                      n.getMetadata().setAnnotations(Map.of());
                      return n;
                    });
    reconciler.reconcile();
    assertThat(holders()).hasSize(NODES + 1);
    seen(v -> v.networks().stream().noneMatch(n -> n.releaseAgreed()));

    // and agrees after all
    agree();
    reconciler.reconcile();
    assertThat(holders()).isEmpty();
  }

  private void agree() {
    cluster.annotate("default", "tweed.dev/release-blocks");
    seen(v -> v.networks().stream().allMatch(n -> n.releaseAgreed()));
  }

  @Test
  void nodesWhoseSubnetsGoWhileOthersAreMadeAgainGetTheSameBlocks() {
    // Given NodeSubnets that are deleted one after the other, of which the watch has told the first
    Map<String, String> before = blocks();
    admin.resource(cluster.subnetOf("n1")).delete();
    seen(v -> v.subnets().size() == NODES - 1);
    beforeList = () -> admin.resource(cluster.subnetOf("n2")).delete();

    assertThat(reconciler.reconcile().failures()).isEmpty();

    assertThat(blocks()).isEqualTo(before);
  }

  @Test
  void onlyNetworksWhoseNodesWaitForTheLedgerAreToldThatItCannotBeRead() {
    // Given a network with one block for two nodes, and a node of another that waits for its block
    cluster.network("full", new LabelSelector(Map.of(GROUP, "f"), null), pool("10.88.0.0/24", 24));
    cluster.node("f1", Map.of(GROUP, "f"), "192.0.2.11", n -> {});
    cluster.node("f2", Map.of(GROUP, "f"), "192.0.2.12", n -> {});
    seen(v -> v.nodes().size() == NODES + 2 && v.networks().size() == 2);
    reconciler.reconcile();
    seen(v -> v.subnets().size() == NODES + 1);
    cluster.node("n4", Map.of(GROUP, "a"), "192.0.2.4", n -> {});
    seen(v -> v.nodes().size() == NODES + 3);
    admin
        .configMaps()
        .inNamespace(TestCluster.NAMESPACE)
        .withName(ConfigMapLedgerStore.NAME)
        .edit(
            m -> {
              m.getData().replaceAll((key, value) -> "{oops");
              return m;
            });

    Map<String, ClusterOutcome.NetworkState> states = reconciler.reconcile().outcome().networks();

    assertThat(states.get("default").allocationFault()).isPresent();
    assertThat(states.get("full").allocationFault()).isEmpty();
    assertThat(states.get("full").outcome().nodes(Shortfall.PoolExhausted).count()).isEqualTo(1);
  }

  private Map<String, String> blocks() {
    return cluster.subnets().stream()
        .map(NodeSubnet::getSpec)
        .collect(Collectors.toMap(NodeSubnetSpec::nodeName, NodeSubnetSpec::cidr));
  }

  @Test
  void onlyWhatItDeletesItselfIsCountedAndOnce() {
    // Given one that somebody else deletes meanwhile, and one that a finalizer keeps
    networkAnew("10.99.0.0/16");
    admin.resource(cluster.subnetOf("n1")).edit(ReleasesOnApiServerTest::kept);
    NodeSubnet another = cluster.subnetOf("n2");
    beforeDeletion = () -> admin.resource(another).delete();
    seen(v -> v.subnets().stream().anyMatch(s -> s.version().equals(version("n1"))));
    pass(SETTINGS.quiet());
    assertThat(reconciler.reconcile().failures()).isEmpty();
    assertThat(registry.get("tweed.releases").counter().count()).isEqualTo(2);

    // When the next run finds the one that goes
    AtomicBoolean again = new AtomicBoolean();
    beforeDeletion = () -> again.set(true);
    seen(v -> v.subnets().size() == 1 && v.subnets().getFirst().deleting());
    pass(SETTINGS.quiet());
    ClusterReconciler.Result next = reconciler.reconcile();
    admin.resource(cluster.subnetOf("n1")).edit(ReleasesOnApiServerTest::freed);

    assertThat(next.failures()).isEmpty();
    assertThat(again).isFalse();
  }

  private String version(String node) {
    return cluster.subnetOf(node).getMetadata().getResourceVersion();
  }

  private static NodeSubnet kept(NodeSubnet subnet) {
    subnet.getMetadata().setFinalizers(List.of("example.org/keep"));
    return subnet;
  }

  private static NodeSubnet freed(NodeSubnet subnet) {
    subnet.getMetadata().setFinalizers(List.of());
    return subnet;
  }

  /** Does something before the operator first deletes a NodeSubnet, or lists a kind. */
  private final class Meanwhile implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      String path = request.uri().getPath();
      if (request.method().equals("DELETE") && path.contains("/nodesubnets/")) {
        Runnable first = beforeDeletion;
        beforeDeletion = () -> {};
        first.run();
      } else if (path.endsWith("/podnetworks")) {
        Runnable first = beforeNetworks;
        beforeNetworks = () -> {};
        first.run();
      } else if (path.endsWith("/nodesubnets") && request.uri().getQuery() == null) {
        Runnable first = beforeList;
        beforeList = () -> {};
        first.run();
      }
    }
  }
}
