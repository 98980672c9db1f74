package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.RunningPing;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A network that began with IPv4 becomes dual-stack by a pool appended to it. A pool with blocks is
 * not taken out again, so classes after this one have two families.
 */
@OnCluster(Layout.THREE_NODES)
@Order(8)
class FamiliesIT {
  private static final String IPV6_POOL =
      """
        - cidr: fd00:10:244::/56
          nodePrefixLength: 64
      """;

  @Test
  void anAppendedPoolGivesNewPodsASecondAddressAndCutsNobody(
      TestCluster cluster, Installation tweed) {
    try (PodOnEachNode pods = PodOnEachNode.given(cluster, tweed, "families", "n1", "n2")) {
      // Given pods of one family that talk
      ProbePod n1 = pods.on("n1");
      ProbePod n2 = pods.on("n2");
      assertThat(n1.addresses()).hasSize(1);
      RunningPing ping = n1.startPing(n2.address());

      // When a pool of the other family is appended
      tweed.apply(Installation.podNetwork("default", Given.POOL) + IPV6_POOL);

      // Then every node gets a block of it, which is served and which pods get addresses of
      Eventually.within(
          30,
          () ->
              assertThat(cluster.nodes())
                  .allSatisfy(
                      node ->
                          assertThat(
                                  node.shell(
                                          "ip -6 address show tweed-br0; cat /etc/cni/net.d/05-tweed*")
                                      .text())
                              .contains("inet6 fd00:10:244:", "\"subnet\" : \"fd00:10:244:")));
      // And pods that start from now on have an address of each family, and reach each other
      List<ProbePod> both = pods.namespace().pods("c", "n1", "d", "n2");
      ProbePod c = both.getFirst();
      ProbePod d = both.getLast();
      assertThat(c.addresses()).hasSize(2);
      assertThat(d.addresses()).hasSize(2);
      for (int family = 0; family < 2; family++) {
        String from = c.addresses().get(family);
        assertThat(c.http(ProbePod.url(d.addresses().get(family), "/client"))).isEqualTo(from);
      }
      c.ping(d.addresses().getLast(), 1450 - 48).text();
      // And those of before keep their address and reach the new ones
      assertThat(n1.http(d.url("/client"))).isEqualTo(n1.address());
      assertThat(ping.stop().lost()).isZero();
    }
  }
}
