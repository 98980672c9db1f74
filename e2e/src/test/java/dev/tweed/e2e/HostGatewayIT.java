package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A PodNetwork without a tunnel: nodes route to each other's blocks. */
@OnCluster(Layout.TWO_NODES)
@Order(40)
@TestInstance(Lifecycle.PER_CLASS)
class HostGatewayIT {
  private TestCluster cluster;
  private Installation tweed;
  private ProbePod a;
  private ProbePod b;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    tweed.helmInstall(Given.VALUES);
    tweed.apply(
        Installation.podNetwork("default", Given.POOL) + "  backend: {type: HostGateway}\n");
    tweed.awaitReady(Duration.ofSeconds(120));
    List<ProbePod> pods = ProbeNamespace.create(cluster, "host-gateway").pods("a", "n1", "b", "n2");
    a = pods.get(0);
    b = pods.get(1);
  }

  @Test
  void podTalksHttpToPodOnAnotherNodeAndIsSeenUnderItsOwnAddress() {
    assertThat(a.http(b.url("/hostname"))).isEqualTo("b");
    assertThat(a.http(b.url("/client"))).isEqualTo(a.address());
    assertThat(b.http(a.url("/client"))).isEqualTo(b.address());
  }

  @Test
  void podsHaveTheWholeMtuOfTheUnderlay() {
    assertThat(a.exec("cat", "/sys/class/net/eth0/mtu").text()).isEqualTo("1500");
    // 20 IPv4 + 8 ICMP
    a.ping(b.address(), 1500 - 28).text();
    b.ping(a.address(), 1500 - 28).text();

    Output tooLong = a.ping(b.address(), 1500 - 27);

    assertThat(tooLong.succeeded()).isFalse();
    assertThat(tooLong.toString()).containsIgnoringCase("message too long");
  }

  @Test
  void theOtherNodesBlockIsRoutedToThatNodeAndThereIsNoTunnel() {
    Machine n1 = cluster.machine("n1");
    String blockOfN2 = tweed.nodeSubnet("n2").orElseThrow().getSpec().cidr();

    assertThat(n1.exec("ip", "route", "show", blockOfN2).text())
        .contains("via " + cluster.machine("n2").address() + " dev eth0");
    assertThat(n1.exec("ip", "-o", "link", "show", "type", "vxlan").text()).isEmpty();
  }
}
