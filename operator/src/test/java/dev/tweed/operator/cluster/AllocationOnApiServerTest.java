package dev.tweed.operator.cluster;

import static dev.tweed.operator.cluster.TestCluster.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.TweedApi;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.ApiServerExtension;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.ReservedRange;
import dev.tweed.operator.allocation.Shortfall;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The loop against a real API server; the daemons and kubelets are played by the test. */
@Tag("api-server")
@ExtendWith(ApiServerExtension.class)
class AllocationOnApiServerTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private KubernetesClient client;
  private TestCluster cluster;
  private OperatorCore operator;

  @BeforeEach
  void start(ApiServer server) {
    client = server.admin();
    cluster = new TestCluster(client);
    cluster.clear();
    operator =
        new OperatorCore(
            client, TestCluster.settings("test"), registry, Clock.systemUTC(), System::nanoTime);
    operator.start();
  }

  @AfterEach
  void stop() {
    operator.close();
  }

  private NetworkOutcome outcome(String network) {
    Map<String, ClusterOutcome.NetworkState> networks = operator.loop().latest().networks();
    // Blocks are written before the outcome is there; an assertion is tried again.
    assertThat(networks).containsKey(network);
    return networks.get(network).outcome();
  }

  private Map<String, String> blocks() {
    return cluster.subnets().stream()
        .collect(
            Collectors.toMap(
                s -> s.getSpec().nodeName(),
                s -> s.getSpec().cidr(),
                (a, b) -> a + b,
                TreeMap::new));
  }

  @Test
  void fiftyNodesGetFiftyBlocks() {
    cluster.nodes(0, 50);
    cluster.network("default", pool("10.244.0.0/16", 24));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(cluster.subnets())
                    .hasSize(50)
                    .allSatisfy(AllocationOnApiServerTest::isComplete));
    assertThat(blocks().values()).doesNotHaveDuplicates();
  }

  private static void isComplete(NodeSubnet s) {
    assertThat(s.getMetadata().getName())
        .isEqualTo(s.getSpec().cidr().replace('.', '-').replace('/', '-'));
    assertThat(s.getMetadata().getOwnerReferences()).isEmpty();
    assertThat(s.getMetadata().getLabels()).containsKey("topology.kubernetes.io/zone");
    assertThat(s.getSpec().nodeIPs()).hasSize(1);
  }

  @Test
  void everyNodeHasAReportThatItOwns() {
    Node node = cluster.node(1);

    await()
        .atMost(SOON)
        .until(() -> client.resources(NodeReport.class).withName("node-0001").get() != null);

    assertThat(
            client
                .resources(NodeReport.class)
                .withName("node-0001")
                .get()
                .getMetadata()
                .getOwnerReferences())
        .singleElement()
        .satisfies(o -> assertThat(o.getUid()).isEqualTo(node.getMetadata().getUid()));
  }

  @Test
  void nodesThatWaitGetBlocksAsSoonAsAPoolIsAppended() {
    // Given a pool for two nodes and five nodes
    cluster.nodes(0, 5);
    cluster.network("default", pool("10.244.0.0/23", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(2));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(outcome("default").nodes(Shortfall.PoolExhausted).count()).isEqualTo(3));
    Map<String, String> before = blocks();

    // When
    cluster.appendPool("default", pool("10.245.0.0/24", 26));

    // Then
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(5));
    assertThat(blocks()).containsAllEntriesOf(before);
  }

  @Test
  void aNodeMadeAnewUnderItsNameKeepsItsBlock() {
    // Given a node with a block, and its mark after it was deleted
    cluster.node(1);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(1));
    NodeSubnet before = cluster.subnetOf("node-0001");
    client.nodes().withName("node-0001").delete();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(cluster.subnetOf("node-0001").getMetadata().getAnnotations())
                    .containsKey(TweedApi.NODE_GONE_SINCE));

    // When
    Node again = cluster.node(1);

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              NodeSubnet after = cluster.subnetOf("node-0001");
              assertThat(after.getSpec().nodeUID()).isEqualTo(again.getMetadata().getUid());
              assertThat(after.getMetadata().getAnnotations()).isNullOrEmpty();
            });
    assertThat(cluster.subnetOf("node-0001").getMetadata().getUid())
        .isEqualTo(before.getMetadata().getUid());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .resources(NodeReport.class)
                            .withName("node-0001")
                            .get()
                            .getMetadata()
                            .getOwnerReferences()
                            .getFirst()
                            .getUid())
                    .isEqualTo(again.getMetadata().getUid()));
  }

  @Test
  void aNodeWhoseSubnetIsDeletedGetsTheSameBlock() {
    // Given two nodes with blocks
    cluster.nodes(0, 2);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(2));
    NodeSubnet before = cluster.subnetOf("node-0000");

    // When
    client.resource(before).delete();

    // Then
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(2));
    assertThat(cluster.subnetOf("node-0000").getSpec()).isEqualTo(before.getSpec());
  }

  @Test
  void aLedgerThatCannotBeReadStopsNothingButAllocation() {
    // Given a network in use, and a ledger that somebody spoilt
    cluster.nodes(0, 2);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(2));
    String good = ledger("{oops");

    // When a node waits for a block, another becomes ready, and another gets another address
    cluster.node(3);
    cluster.daemonReady(cluster.subnetOf("node-0000"));
    client
        .nodes()
        .withName("node-0001")
        .editStatus(
            n -> {
              n.getStatus().getAddresses().getFirst().setAddress("198.51.100.99");
              return n;
            });

    // Then all but the block is done
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(cluster.subnetOf("node-0001").getSpec().nodeIPs())
                  .containsExactly("198.51.100.99");
              assertThat(client.nodes().withName("node-0000").get().getStatus().getConditions())
                  .extracting(NodeCondition::getType)
                  .contains("NetworkUnavailable");
              assertThat(client.resources(NodeReport.class).withName("node-0003").get())
                  .isNotNull();
            });
    // And the fault is told
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              ClusterOutcome.NetworkState state =
                  operator.loop().latest().networks().get("default");
              assertThat(state.outcome().selected()).isEqualTo(3);
              assertThat(state.outcome().allocated()).isEqualTo(2);
              assertThat(state.readiness().ready()).isEqualTo(1);
              assertThat(state.allocationFault().map(AllocationFault::reason))
                  .contains("LedgerUnavailable");
            });
    assertThat(failing(Duty.ALLOCATION)).isEqualTo(1);
    assertThat(failing(Duty.CHORES)).isZero();
    assertThat(operator.failingSince()).isPresent();

    // And when it is good again, so is all
    ledger(good);
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(3));
    await().atMost(SOON).until(() -> operator.failingSince().isEmpty());
    assertThat(operator.loop().latest().networks().get("default").allocationFault()).isEmpty();
    assertThat(failing(Duty.ALLOCATION)).isZero();
  }

  /** Writes another text there; gives what there was. */
  private String ledger(String text) {
    var ledger =
        client.configMaps().inNamespace(TestCluster.NAMESPACE).withName(ConfigMapLedgerStore.NAME);
    String before = ledger.get().getData().get("ledger.json");
    ledger.edit(
        m -> {
          m.getData().put("ledger.json", text);
          return m;
        });
    return before;
  }

  private double failing(Duty duty) {
    return registry.get("tweed.duty.failing").tag("duty", duty.label()).gauge().value();
  }

  @Test
  void aBlockThatANodeReportsIsGivenToItByAnOperatorThatDidNotSeeItGo() {
    // Given a node that says what it serves, and no operator
    cluster.node(1);
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodeReport.class).withName("node-0001").get() != null);
    operator.close();
    cluster.daemonReports(
        "node-0001",
        new NodeReportStatus(
            null,
            null,
            List.of("10.244.7.0/24"),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));

    // When one starts
    cluster.network("default", pool("10.244.0.0/16", 24));
    operator =
        new OperatorCore(
            client, TestCluster.settings("test"), registry, Clock.systemUTC(), System::nanoTime);
    operator.start();

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(blocks()).containsEntry("node-0001", "10.244.7.0/24"));
  }

  @Test
  void aNodeGoneForReleaseAfterGivesItsBlockBack() {
    cluster.nodes(0, 2);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(2));

    client.nodes().withName("node-0000").delete();

    await().atMost(SOON).untilAsserted(() -> assertThat(blocks()).containsOnlyKeys("node-0001"));
  }

  @Test
  void addressesAndLabelsFollowTheNode() {
    cluster.node(1);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(1));

    client
        .nodes()
        .withName("node-0001")
        .edit(
            n -> {
              n.getMetadata().getLabels().remove("topology.kubernetes.io/zone");
              n.getMetadata().getLabels().put("node-role.kubernetes.io/control-plane", "");
              return n;
            });
    client
        .nodes()
        .withName("node-0001")
        .editStatus(
            n -> {
              n.getStatus().getAddresses().getFirst().setAddress("198.51.100.7");
              return n;
            });

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              NodeSubnet s = cluster.subnetOf("node-0001");
              assertThat(s.getSpec().nodeIPs()).containsExactly("198.51.100.7");
              assertThat(s.getMetadata().getLabels())
                  .isEqualTo(Map.of("node-role.kubernetes.io/control-plane", ""));
            });
  }

  @Test
  void theNetworkIsAvailableOnceTheDaemonSaysSoOfThisVeryNode() {
    // Given a block that is not ready
    cluster.node(1);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(1));
    assertThat(networkUnavailable("node-0001")).isEmpty();

    // When
    cluster.daemonReady(cluster.subnetOf("node-0001"));

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(networkUnavailable("node-0001"))
                    .singleElement()
                    .satisfies(
                        c -> {
                          assertThat(c.getStatus()).isEqualTo("False");
                          assertThat(c.getReason()).isEqualTo("TweedIsUp");
                        }));
  }

  private List<NodeCondition> networkUnavailable(String node) {
    return client.nodes().withName(node).get().getStatus().getConditions().stream()
        .filter(c -> c.getType().equals("NetworkUnavailable"))
        .toList();
  }

  @Test
  void podCidrsOfNodesAreAdopted() {
    Node node = cluster.node(1);
    client
        .resource(node)
        .edit(
            n -> {
              n.getSpec().setPodCIDR("10.244.77.0/24");
              n.getSpec().setPodCIDRs(List.of("10.244.77.0/24"));
              return n;
            });
    cluster.network("adopted", PodNetworkSpec.Allocation.NodePodCIDR, pool("10.244.0.0/16", 24));

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(blocks()).containsEntry("node-0001", "10.244.77.0/24"));
  }

  @Test
  void blocksOfADeletedNetworkAreReleased() {
    cluster.nodes(0, 3);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(3));

    client.resources(PodNetwork.class).withName("default").delete();

    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).isEmpty());
  }

  @Test
  void aRunThatFindsNothingToDoWritesNothing() {
    // Given a cluster at rest
    cluster.nodes(0, 3);
    cluster.network("default", pool("10.244.0.0/16", 24));
    await().atMost(SOON).untilAsserted(() -> assertThat(cluster.subnets()).hasSize(3));
    await()
        .atMost(SOON)
        .until(() -> client.resources(NodeReport.class).list().getItems().size() == 3);
    Map<String, String> before = versions();

    // When
    var last = operator.loop().lastSuccess();
    operator.request();
    await().atMost(SOON).until(() -> !operator.loop().lastSuccess().equals(last));

    // Then
    assertThat(versions()).isEqualTo(before);
  }

  private Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    cluster
        .subnets()
        .forEach(
            s -> versions.put(s.getMetadata().getName(), s.getMetadata().getResourceVersion()));
    client
        .nodes()
        .list()
        .getItems()
        .forEach(
            n -> versions.put(n.getMetadata().getName(), n.getMetadata().getResourceVersion()));
    versions.put(
        "ledger",
        client
            .configMaps()
            .inNamespace(TestCluster.NAMESPACE)
            .withName(ConfigMapLedgerStore.NAME)
            .get()
            .getMetadata()
            .getResourceVersion());
    return versions;
  }

  @Test
  void aPoolThatOverlapsTheServicesOfThisApiServerIsNotAccepted() {
    // Given the range that the API server gives Services addresses from
    String services =
        client
            .resources(ServiceCIDR.class)
            .withName("kubernetes")
            .get()
            .getSpec()
            .getCidrs()
            .getFirst();

    // When
    cluster.network("services", pool(services, 28));

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(outcome("services").acceptance())
                    .isEqualTo(
                        new NetworkOutcome.PoolReserved(
                            services,
                            new ReservedRange(
                                ReservedRange.Kind.SERVICE_CIDR, services, "kubernetes"))));
  }

  @Test
  void metricsCountBlocksAndNodes() {
    cluster.nodes(0, 3);
    cluster.network("default", pool("10.244.0.0/22", 24));

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              Gauge free =
                  registry
                      .find("tweed.pool.blocks")
                      .tags("network", "default", "pool", "10.244.0.0/22", "state", "free")
                      .gauge();
              assertThat(free).isNotNull();
              assertThat(free.value()).isEqualTo(1);
              assertThat(registry.get("tweed.allocations").counter().count()).isEqualTo(3);
            });
  }
}
