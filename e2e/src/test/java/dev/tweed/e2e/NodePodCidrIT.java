package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * kube-controller-manager hands out the blocks and Tweed adopts them; there is no kube-proxy, so
 * operator and daemons reach the API server by its own address.
 */
@OnCluster(Layout.NODE_POD_CIDR)
@Order(30)
class NodePodCidrIT {

  @Test
  void blocksAreThoseOfTheControllerManagerAndPodsTalk(TestCluster cluster, Installation tweed) {
    // When a PodNetwork adopts the Nodes' podCIDRs
    tweed.helmInstall(
        Given.VALUES + "apiServer: {host: %s}%n".formatted(cluster.controlPlane().address()));
    tweed.apply(Installation.podNetwork("default", Given.POOL) + "  allocation: NodePodCIDR\n");
    tweed.awaitReady(Duration.ofSeconds(120));

    // Then each block is the one its Node came with
    for (Machine node : cluster.nodes()) {
      assertThat(tweed.nodeSubnet(node.name()).orElseThrow().getSpec().cidr())
          .isEqualTo(cluster.client().nodes().withName(node.name()).get().getSpec().getPodCIDR());
    }
    // And pods talk
    try (ProbeNamespace probes = ProbeNamespace.create(cluster, "node-pod-cidr")) {
      List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
      assertThat(pods.get(0).http(pods.get(1).url("/client"))).isEqualTo(pods.get(0).address());
    }
  }
}
