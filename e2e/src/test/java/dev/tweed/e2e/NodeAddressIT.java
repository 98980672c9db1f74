package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Two Nodes that claim one address, one after the other and at once. */
@OnCluster(Layout.TWO_NODES)
@Order(42)
class NodeAddressIT {
  private static final String ADDRESS = "172.31.77.99";

  @Test
  void theAddressOfANodeThatIsGoneIsItsSuccessorsAtOnce(TestCluster cluster, Installation tweed) {
    // Given a node that is gone, whose block is kept for a while
    Given.installed(tweed);
    tweed.helmInstall("operator: {releaseAfter: 5m}\n");
    Given.paperNode(cluster, "before", ADDRESS);
    Eventually.within(60, () -> assertThat(tweed.nodeSubnet("before")).isPresent());
    cluster.client().nodes().withName("before").delete();

    // When another has its address
    Given.paperNode(cluster, "after", ADDRESS);

    try {
      // Then the others reach its block there, and that of the first nowhere
      Machine n1 = cluster.machine("n1");
      Eventually.within(
          30,
          () -> {
            NodeSubnet after = tweed.nodeSubnet("after").orElseThrow();
            assertThat(after.getSpec().nodeIPs()).containsExactly(ADDRESS);
            assertThat(n1.exec("ip", "route", "show", after.getSpec().cidr()).text()).isNotEmpty();
            assertThat(tweed.nodeReport("n1").orElseThrow().getStatus().findings())
                .extracting(NodeReportStatus.Finding::reason)
                .doesNotContain("InvalidPeer");
          });
      assertThat(tweed.nodeSubnet("before")).isPresent();
    } finally {
      cluster.client().nodes().withName("after").delete();
      tweed.helmInstall(Given.VALUES);
    }
    Eventually.within(
        90,
        () ->
            assertThat(tweed.nodeSubnets())
                .extracting(subnet -> subnet.getSpec().nodeName())
                .containsExactlyInAnyOrder("n1", "n2"));
  }

  @Test
  void ofTwoLivingNodesTheOlderKeepsItAndBothAreTold(TestCluster cluster, Installation tweed) {
    try (PodOnEachNode pods = PodOnEachNode.given(cluster, tweed, "node-address", "n1", "n2")) {
      ProbePod n1 = pods.on("n1");
      ProbePod n2 = pods.on("n2");
      RunningPing ping = n1.startPing(n2.address());

      // When a Node comes with the address of another
      Given.paperNode(cluster, "twin", cluster.machine("n2").address());

      // Then it gets no block, and both Nodes have an Event that says what to do
      Eventually.within(
          60,
          () -> {
            String events = cluster.kubectl("events", "--namespace", "default").text();
            for (String node : List.of("n2", "twin")) {
              assertThat(events.lines())
                  .anyMatch(
                      line -> line.matches(".*NodeAddressTaken.*/" + node + " .*--node-ip.*"));
            }
            assertThat(tweed.podNetwork("default").orElseThrow().getStatus().addressConflicts())
                .hasSize(1);
          });
      assertThat(tweed.nodeSubnet("twin")).isEmpty();
      // And nobody is cut off
      assertThat(n2.http(n1.url("/client"))).isEqualTo(n2.address());
      assertThat(ping.stop().lost()).isZero();
    } finally {
      cluster.client().nodes().withName("twin").delete();
    }
    Eventually.within(
        60,
        () ->
            assertThat(tweed.podNetwork("default").orElseThrow().getStatus().addressConflicts())
                .isEmpty());
  }
}
