package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.Stranger;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Who reaches whom, and which source address the other side sees. Every assertion is about content:
 * a connection that opens may have been answered by somebody else.
 */
@OnCluster(Layout.THREE_NODES)
@Order(2)
@TestInstance(Lifecycle.PER_CLASS)
class ConnectivityIT {
  private static final int HOST_PORT = 18080;

  private TestCluster cluster;
  private Installation tweed;
  private ProbeNamespace probes;
  private Stranger outside;

  /** Two pods on n1, one on n2, one on the network of n1 and one on that of n2. */
  private ProbePod a;

  private ProbePod sameNode;
  private ProbePod otherNode;
  private ProbePod host1;
  private ProbePod host2;
  private String blockOfN1;
  private int mtu;

  @BeforeAll
  void pods(TestCluster cluster, Installation tweed) {
    Given.installed(tweed);
    this.cluster = cluster;
    this.tweed = tweed;
    outside = cluster.outside();
    probes = ProbeNamespace.create(cluster, "connectivity");
    List<ProbePod> pods = probes.pods("a", "n1", "same-node", "n1", "other-node", "n2");
    a = pods.get(0);
    sameNode = pods.get(1);
    otherNode = pods.get(2);
    host1 = probes.hostNetworkPod("host1", "n1");
    host2 = probes.hostNetworkPod("host2", "n2");
    blockOfN1 = tweed.nodeSubnet("n1").orElseThrow().getSpec().cidr().replace("0/24", "");
    mtu = tweed.nodeReport("n1").orElseThrow().getStatus().dataPath().mtu();
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
    }
  }

  @Test
  void podsHaveAddressesOfTheirNodesBlock() {
    assertThat(a.address()).startsWith(blockOfN1);
    assertThat(sameNode.address()).startsWith(blockOfN1);
    assertThat(otherNode.address()).startsWith("10.244.").doesNotContain(blockOfN1);
  }

  @Test
  void podPingsPodOnTheSameNode() {
    a.ping(sameNode.address(), 56).text();
  }

  @Test
  void podPingsPodOnAnotherNode() {
    a.ping(otherNode.address(), 56).text();
  }

  @Test
  void podTalksHttpToPodOnTheSameNode() {
    assertThat(a.http(sameNode.url("/hostname"))).isEqualTo("same-node");
    assertThat(a.http(sameNode.url("/client"))).isEqualTo(a.address());
  }

  @Test
  void podTalksHttpToPodOnAnotherNodeAndIsSeenUnderItsOwnAddress() {
    assertThat(a.http(otherNode.url("/hostname"))).isEqualTo("other-node");
    assertThat(a.http(otherNode.url("/client"))).isEqualTo(a.address());
    assertThat(otherNode.http(a.url("/client"))).isEqualTo(otherNode.address());
  }

  @Test
  void podReceivesManyFullSegmentsFromAnotherNode() {
    assertThat(a.http(otherNode.url("/bytes?n=300000"))).isEqualTo("x".repeat(300_000));
  }

  @Test
  void streamsBetweenPodsAreFast() {
    List<Long> before = fastPackets();

    // More than a thousand full segments, each way of the fast path
    for (ProbePod target : List.of(otherNode, sameNode)) {
      assertThat(a.http(target.url("/bytes?n=2000000"))).hasSize(2_000_000);
    }

    // Sent: what acknowledges. The stack of the receiver merges segments before the programs.
    List<Long> after = fastPackets();
    for (int i = 0; i < before.size(); i++) {
      assertThat(after.get(i)).isGreaterThan(before.get(i) + 20);
    }
  }

  /** Of n1: sent fast, received fast, and what stayed on the node. */
  private List<Long> fastPackets() {
    String status = tweed.nodeCommand("n1", "status").text();
    Matcher row =
        Pattern.compile("fast: (\\d+) sent, (\\d+) received, (\\d+) within the node")
            .matcher(status);
    assertThat(row.find()).as(status).isTrue();
    return List.of(
        Long.valueOf(row.group(1)), Long.valueOf(row.group(2)), Long.valueOf(row.group(3)));
  }

  @Test
  void podReachesItself() {
    assertThat(a.http(a.url("/hostname"))).isEqualTo("a");
  }

  @Test
  void mtuLeavesRoomForTheEncapsulation() {
    // 14 inner Ethernet + 8 VXLAN + 8 UDP + 20 IPv4 (RFC 7348), from an underlay of 1500.
    assertThat(mtu).isEqualTo(1450);
    assertThat(a.exec("cat", "/sys/class/net/eth0/mtu").text()).isEqualTo("1450");
  }

  @Test
  void oneBytePacketsArrive() {
    assertThat(a.ping(otherNode.address(), 1).text()).contains("9 bytes from");
  }

  @Test
  void fullMtuPacketsArriveUnfragmented() {
    // 20 IPv4 + 8 ICMP
    a.ping(otherNode.address(), mtu - 28).text();
    otherNode.ping(a.address(), mtu - 28).text();
  }

  @Test
  void packetsBeyondTheMtuAreRefusedAtTheirSource() {
    Output answer = a.ping(otherNode.address(), mtu - 27);

    assertThat(answer.succeeded()).isFalse();
    assertThat(answer.toString()).containsIgnoringCase("message too long");
  }

  @Test
  void podReachesServiceOverTcp() {
    String service = probes.service("tcp", otherNode, "tcp/80:8080", "tcp/9000:9000");

    Eventually.within(
        20,
        () -> {
          assertThat(a.http("http://" + service + "/hostname")).isEqualTo("other-node");
          assertThat(a.exec("probe", "tcp", service + ":9000", "words").text())
              .startsWith("other-node " + a.address() + ":")
              .endsWith(" words");
        });
  }

  @Test
  void podReachesServiceOverUdpAndLooksANameUp() {
    String service = probes.service("udp", otherNode, "udp/53:5353", "udp/9000:9000");

    Eventually.within(
        20,
        () -> {
          assertThat(a.exec("probe", "dns", service + ":53", "any.name.example").text())
              .isEqualTo("192.0.2.53");
          assertThat(a.exec("probe", "udp", service + ":9000", "words").text())
              .startsWith("other-node " + a.address() + ":")
              .endsWith(" words");
        });
  }

  @Test
  void podReachesItselfThroughItsService() {
    String service = probes.service("self", a, "tcp/80:8080");

    Eventually.within(
        20, () -> assertThat(a.http("http://" + service + "/hostname")).isEqualTo("a"));
  }

  @Test
  void podReachesServiceOfAPodOnTheSameNode() {
    String service = probes.service("near", sameNode, "tcp/80:8080");

    Eventually.within(
        20, () -> assertThat(a.http("http://" + service + "/hostname")).isEqualTo("same-node"));
  }

  @Test
  void hostReachesPodOfItsOwnWithoutNat() {
    // The bridge's address, the first of the block: no translation was needed to get an answer.
    assertThat(curl("n1", a.url("/client"))).isEqualTo(blockOfN1 + "1");
  }

  @Test
  void hostReachesRemotePodWithoutNat() {
    // The address of the VXLAN device, the block's first: the reply comes back by the tunnel.
    assertThat(curl("n1", otherNode.url("/hostname"))).isEqualTo("other-node");
    assertThat(curl("n1", otherNode.url("/client"))).isEqualTo(blockOfN1 + "0");
  }

  @Test
  void hostNetworkPodReachesRemotePodWithoutNat() {
    assertThat(host1.http(otherNode.url("/hostname"))).isEqualTo("other-node");
    assertThat(host1.http(otherNode.url("/client"))).isEqualTo(blockOfN1 + "0");
  }

  @Test
  void podReachesItsOwnHostUnderItsOwnAddress() {
    assertThat(a.http(host1.url("/hostname"))).isEqualTo("n1");
    assertThat(a.http(host1.url("/client"))).isEqualTo(a.address());
  }

  @Test
  void podReachesAnotherHostAsItsNode() {
    // Another host is outside of the pod network: masqueraded.
    assertThat(a.http(host2.url("/hostname"))).isEqualTo("n2");
    assertThat(a.http(host2.url("/client"))).isEqualTo(cluster.machine("n1").address());
  }

  @Test
  void podReachesTheOutsideAsItsNode() {
    String url = "http://" + outside.address() + ":8080";

    assertThat(a.http(url + "/client")).isEqualTo(cluster.machine("n1").address());
    assertThat(otherNode.http(url + "/client")).isEqualTo(cluster.machine("n2").address());
  }

  @Test
  void podReachesTheApiServerByItsServiceAddress() {
    // Any answer of the API server names itself; a page of somebody else would not.
    assertThat(a.inNetworkNamespace("curl", "-sk", "-m", "5", "https://10.96.0.1/version").text())
        .contains("gitVersion", "v1.35");
  }

  @Test
  void hostPortOfANodeLeadsToItsPod() {
    ProbePod pod = probes.podWithHostPort("host-port", "n2", HOST_PORT);
    String url = "http://" + cluster.machine("n2").address() + ":" + HOST_PORT + "/hostname";

    Eventually.within(
        20,
        () -> {
          assertThat(curl("n1", url)).isEqualTo(pod.name());
          assertThat(curl("cp", url)).isEqualTo(pod.name());
          assertThat(curl("n2", url)).isEqualTo(pod.name());
          assertThat(a.http(url)).isEqualTo(pod.name());
        });
  }

  private String curl(String machine, String url) {
    return cluster.machine(machine).exec("curl", "-sS", "-m", "5", url).text();
  }
}
