package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A cluster without IPv4: nodes, tunnel, pods and Services. */
@OnCluster(Layout.IPV6_ONLY)
@Order(35)
class Ipv6OnlyIT {

  @Test
  void nodesBecomeReadyAndPodsReachPodsServicesAndNodes(TestCluster cluster, Installation tweed) {
    // When a network of one IPv6 pool is installed
    tweed.helmInstall(Given.VALUES);
    tweed.apply(
        """
        apiVersion: tweed.dev/v1alpha1
        kind: PodNetwork
        metadata: {name: default}
        spec:
          pools:
          - cidr: fd00:10:244::/56
            nodePrefixLength: 64
        """);
    tweed.awaitReady(Duration.ofSeconds(120));

    try (ProbeNamespace probes = ProbeNamespace.create(cluster, "ipv6-only")) {
      List<ProbePod> pods = probes.pods("a", "n1", "b", "n2");
      ProbePod a = pods.getFirst();
      ProbePod b = pods.getLast();
      // Then pods have one address and are seen under it
      assertThat(a.addresses()).hasSize(1);
      assertThat(a.http(b.url("/client"))).isEqualTo(a.address());
      assertThat(b.http(a.url("/client"))).isEqualTo(b.address());
      // 1500 less the outer IPv6, UDP, VXLAN and Ethernet headers, less IPv6 and ICMPv6
      a.ping(b.address(), 1500 - 70 - 48).text();
      // And a Service leads to its pod
      String service = probes.service("b", b, "tcp/80:8080");
      Eventually.within(
          20, () -> assertThat(a.http("http://[" + service + "]/hostname")).isEqualTo("b"));
      // And the nodes are reached
      a.ping(b.machine().address(), 56).text();
    }
  }
}
