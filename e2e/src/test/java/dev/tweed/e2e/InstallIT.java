package dev.tweed.e2e;

import static dev.tweed.e2e.bed.Installation.condition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** From a cluster without pod network to Ready nodes, in the order in which a user does it. */
@OnCluster(value = Layout.THREE_NODES, steps = true)
@Order(1)
class InstallIT {

  @Test
  @Order(1)
  void nodesAreNotReadyWithoutAPodNetwork(TestCluster cluster) {
    // Given a cluster without any network plugin
    List<Node> nodes = cluster.client().nodes().list().getItems();

    // Then every node waits for one, and says so
    assertThat(nodes)
        .hasSize(3)
        .allSatisfy(
            node ->
                assertThat(node.getStatus().getConditions())
                    .filteredOn(c -> c.getType().equals("Ready"))
                    .singleElement()
                    .satisfies(
                        ready -> {
                          assertThat(ready.getStatus()).isEqualTo("False");
                          assertThat(ready.getMessage()).contains("cni plugin not initialized");
                        }));
  }

  @Test
  @Order(2)
  void operatorAndDaemonsRunBeforeThereIsAPodNetwork(TestCluster cluster, Installation tweed) {
    // When the chart is installed on nodes that are not Ready
    tweed.helmInstall(Given.VALUES);

    // Then its pods run there all the same, and a daemon whose node no PodNetwork selects is ready
    Eventually.within(120, () -> assertThat(tweed.allPodsReady()).isTrue());

    // And the nodes still have no pod network
    assertThat(cluster.nodes()).noneMatch(node -> tweed.isNodeReady(node.name()));
    assertThat(cluster.nodes())
        .noneMatch(node -> node.exec("test", "-e", "/etc/cni/net.d/05-tweed.conflist").succeeded());
  }

  @Test
  @Order(3)
  void aPodNetworkMakesTheNodesReady(Installation tweed) {
    // When a PodNetwork is applied
    tweed.apply(Installation.podNetwork("default", Given.POOL));

    // Then every node becomes Ready
    tweed.awaitReady(Duration.ofSeconds(60));
  }

  @Test
  @Order(4)
  void everyNodeHasABlockOfItsOwnInThePool(TestCluster cluster, Installation tweed) {
    List<NodeSubnet> subnets = tweed.nodeSubnets();

    assertThat(subnets)
        .extracting(subnet -> subnet.getSpec().nodeName())
        .containsExactlyInAnyOrder("n1", "n2", "n3");
    assertThat(subnets)
        .extracting(subnet -> subnet.getSpec().cidr())
        .doesNotHaveDuplicates()
        .allMatch(cidr -> cidr.matches("10\\.244\\.\\d+\\.0/24"));
    assertThat(subnets)
        .allSatisfy(
            subnet ->
                assertThat(subnet.getSpec().nodeIPs())
                    .containsExactly(cluster.machine(subnet.getSpec().nodeName()).address()));
  }

  @Test
  @Order(5)
  void statusTellsTheWholeStory(TestCluster cluster, Installation tweed) {
    Eventually.within(
        30,
        () -> {
          PodNetwork network = tweed.podNetwork("default").orElseThrow();
          for (String type : List.of("Accepted", "Allocated", "Ready")) {
            assertThat(condition(network.getStatus().conditions(), type).status())
                .as("condition %s: %s", type, network.getStatus().conditions())
                .isEqualTo("True");
          }
          assertThat(network.getStatus().nodes().ready()).isEqualTo(3);
          assertThat(network.getStatus().pools().getFirst().allocated()).isEqualTo(3);
          assertThat(network.getStatus().pools().getFirst().free()).isEqualTo(253);
        });
    assertThat(cluster.kubectl("get", "pnet").text())
        .containsPattern("default +VXLAN +3 +3 +253 +True +False +False ");
    assertThat(cluster.kubectl("get", "nsub").text()).contains("n1", "n2", "n3", "10.244.");
    assertThat(cluster.kubectl("get", "nrep").text()).contains("n1", "n2", "n3", "tweed.1");
  }

  /** Each change of a NodeSubnet is delivered to every node. */
  @Test
  @Order(5)
  void nobodyButTheOperatorWritesNodeSubnets(Installation tweed) {
    assertThat(tweed.nodeSubnets())
        .allSatisfy(
            subnet ->
                assertThat(subnet.getMetadata().getManagedFields())
                    .extracting(ManagedFieldsEntry::getManager)
                    .containsOnly("tweed-operator"));
  }

  @Test
  @Order(6)
  void everyNodeHasTheFastPath(TestCluster cluster, Installation tweed) {
    Eventually.within(
        30,
        () ->
            assertThat(cluster.nodes())
                .allSatisfy(
                    node ->
                        assertThat(
                                tweed.nodeReport(node.name()).orElseThrow().getStatus().fastPath())
                            .isEqualTo(new NodeReportStatus.FastPath("On", null, null))));
  }

  @Test
  @Order(6)
  void theNodesNetworkIsNoLongerCalledUnavailable(TestCluster cluster) {
    Eventually.within(
        30,
        () ->
            assertThat(cluster.client().nodes().list().getItems())
                .allSatisfy(
                    node ->
                        assertThat(node.getStatus().getConditions())
                            .filteredOn(c -> c.getType().equals("NetworkUnavailable"))
                            .singleElement()
                            .satisfies(c -> assertThat(c.getStatus()).isEqualTo("False"))));
  }

  @Test
  @Order(7)
  void helmTestPasses(TestCluster cluster) {
    assertThat(
            cluster
                .helm(
                    "test",
                    Installation.RELEASE,
                    "--namespace",
                    Installation.NAMESPACE,
                    "--timeout=60s")
                .text())
        .contains("Succeeded");
  }

  @Test
  @Order(7)
  void theNodeItselfTellsItsState(TestCluster cluster) {
    for (Machine node : cluster.nodes()) {
      // The text of the last run lies on the node, for a person without kubectl.
      assertThat(node.exec("cat", "/run/tweed/status").text()).contains("tweed.1", "2 of 2");
    }
  }
}
