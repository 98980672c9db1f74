package dev.tweed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.Output;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.Stranger;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What our own table does beside whatever firewall the host has: NodePorts, and the tunnel. */
@OnCluster(Layout.NODES_WITH_FIREWALLS)
@Order(61)
@TestInstance(Lifecycle.PER_CLASS)
class FirewallNodePortIT {
  private TestCluster cluster;
  private Installation tweed;
  private FirewallNodes nodes;
  private Stranger outside;
  private ProbeNamespace probes;
  private ProbePod onUfw;
  private ProbePod onPlain;

  @BeforeAll
  void nodes(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
    nodes = FirewallNodes.given(cluster, tweed);
    outside = cluster.outside();
    probes = ProbeNamespace.create(cluster, "ports");
    List<ProbePod> pods = probes.pods("on-ufw", "n1", "on-plain", "n2");
    onUfw = pods.get(0);
    onPlain = pods.get(1);
  }

  @AfterAll
  void remove() {
    if (probes != null) {
      probes.close();
      nodes.deletePolicies();
    }
  }

  @Test
  void aPolicyClosesANodePortWhileAnotherStaysOpen() {
    // Given two NodePorts for a pod of each node, open at both nodes
    List<Machine> doors = List.of(nodes.ufwNode(), nodes.plainNode());
    tweed.apply(
        nodePort("on-ufw", 30080)
            + nodePort("on-ufw", 30081)
            + nodePort("on-plain", 30090)
            + nodePort("on-plain", 30091));
    for (Machine door : doors) {
      Eventually.within(15, () -> assertThat(ask(door, 30080).text()).isEqualTo("on-ufw"));
      Eventually.within(15, () -> assertThat(ask(door, 30090).text()).isEqualTo("on-plain"));
    }

    // When a policy closes one of each
    nodes.policy(
        "closed",
        "{}",
        "",
        List.of(
            "{name: ports, direction: In, action: Deny, protocol: TCP, ports: [{port: 30080}, {port: 30090}]}"));

    // Then they are closed, wherever their pods are, and the others are open
    for (Machine door : doors) {
      Eventually.within(20, () -> assertThat(ask(door, 30080).succeeded()).isFalse());
      Eventually.within(20, () -> assertThat(ask(door, 30090).succeeded()).isFalse());
      assertThat(ask(door, 30081).text()).isEqualTo("on-ufw");
      assertThat(ask(door, 30091).text()).isEqualTo("on-plain");
    }

    // And a policy that allows one of each is told which stands against it, and which does not need
    // it
    nodes.policy(
        "open",
        "{}",
        "priority: 200",
        List.of(
            "{name: shut, direction: In, action: Allow, protocol: TCP, ports: [{port: 30080}]}",
            "{name: free, direction: In, action: Allow, protocol: TCP, ports: [{port: 30081}]}"));
    Eventually.within(
        30,
        () ->
            assertThat(nodes.condition("open", "Applied"))
                .contains(
                    "in force on 3 of 3 nodes; NodePortClosed on cp and 2 more nodes: ",
                    "rule shut, ports: as a NodePort, 30080: not opened by this rule, since rule"
                        + " ports of policy/closed comes before it",
                    "rule free, ports: as a NodePort, 30081: open to everybody"));
    assertThat(ask(nodes.ufwNode(), 30080).succeeded()).isFalse();
    for (Machine door : doors) {
      assertThat(tweed.nodeCommand(door.name(), "firewall", "status").stdout())
          .contains("tweed-guard", "policy/closed/ports", "NodePortClosed");
    }

    // And open again without them
    nodes.deletePolicies();
    for (Machine door : doors) {
      Eventually.within(20, () -> assertThat(ask(door, 30080).text()).isEqualTo("on-ufw"));
      Eventually.within(20, () -> assertThat(ask(door, 30090).text()).isEqualTo("on-plain"));
    }
  }

  private Output ask(Machine door, int port) {
    return outside.exec(
        "probe",
        "http",
        "http://%s:%d/hostname".formatted(door.address(), port),
        "--timeout",
        "1s");
  }

  private static String nodePort(String pod, int port) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: port-%2$d, namespace: ports}
        spec:
          type: NodePort
          selector: {probe: %1$s}
          ports:
          - {port: 80, targetPort: 8080, nodePort: %2$d}
        """
        .formatted(pod, port);
  }

  @Test
  void aStrangersTunnelPacketsAreDroppedUntilItIsAPeer() {
    for (ProbePod pod : List.of(onUfw, onPlain)) {
      long echoes = echoes(pod);
      long drops = drops(pod.machine());

      // When a machine that is no node sends pings in VXLAN packets
      forge(pod, "02:00:00:00:00:01", "10.244.200.0");

      // Then the node drops and counts them, and none reaches the pod
      assertThat(drops(pod.machine())).isGreaterThanOrEqualTo(drops + 3);
      assertThat(echoes(pod)).isEqualTo(echoes);
    }

    // When the machine becomes a node of the network
    Given.paperNode(cluster, "stranger", outside.address());
    try {
      Eventually.within(30, () -> assertThat(tweed.nodeSubnet("stranger")).isPresent());
      NodeSubnetSpec block = tweed.nodeSubnet("stranger").map(NodeSubnet::getSpec).orElseThrow();

      // Then the same packets are answered
      for (ProbePod pod : List.of(onUfw, onPlain)) {
        Eventually.within(
            20,
            () ->
                assertThat(forge(pod, block.vtepMAC(), block.cidr().replace("/24", "")).stdout())
                    .contains(" 3 received"));
      }
    } finally {
      cluster.client().nodes().withName("stranger").delete();
    }
    // And peers passed all the time
    assertThat(onUfw.http(onPlain.url("/hostname"))).isEqualTo("on-plain");
  }

  /** Three pings from a VXLAN device of the stranger's own, with these addresses. */
  private Output forge(ProbePod pod, String mac, String address) {
    NodeSubnetSpec target =
        tweed.nodeSubnet(pod.machine().name()).map(NodeSubnet::getSpec).orElseThrow();
    return outside.shell(
        """
        ip link del forged 2>/dev/null
        set -e
        ip link add forged type vxlan id 1 dstport 8472 local %1$s remote %2$s nolearning
        ip link set forged address %3$s mtu 1400 up
        ip address add %4$s/32 dev forged
        ip route add %5$s/32 dev forged
        ip neighbour add %5$s lladdr %6$s dev forged
        ping -c 3 -i 0.2 -W 1 %5$s || true
        """
            .formatted(
                outside.address(),
                pod.machine().address(),
                mac,
                address,
                pod.address(),
                target.vtepMAC()));
  }

  /** Echo requests the pod's kernel has seen. */
  private static long echoes(ProbePod pod) {
    List<String> icmp =
        pod.exec("cat", "/proc/net/snmp")
            .text()
            .lines()
            .filter(line -> line.startsWith("Icmp:"))
            .toList();
    int column = List.of(icmp.get(0).split(" ")).indexOf("InEchos");
    return Long.parseLong(icmp.get(1).split(" ")[column]);
  }

  private static long drops(Machine node) {
    return Pattern.compile("counter packets (\\d+) .*drop")
        .matcher(node.exec("nft", "list", "table", "inet", "tweed-tunnel").text())
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }
}
