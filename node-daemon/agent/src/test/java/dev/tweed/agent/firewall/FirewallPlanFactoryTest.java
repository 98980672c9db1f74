package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.firewall.FirewallPlan.LastGood;
import dev.tweed.crds.Limits;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyReason;
import dev.tweed.firewall.rules.PolicyVerdict;
import dev.tweed.ip.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the lock-out guard is told of this node, and of others. */
class FirewallPlanFactoryTest {

  private static final String NODES =
      """
      kind: Node
      metadata: {name: n1}
      status: {daemonEndpoints: {kubeletEndpoint: {Port: 10350}}}
      ---
      kind: PodNetwork
      metadata: {name: default}
      spec: {pools: [{cidr: 10.244.0.0/16, nodePrefixLength: 24}]}
      ---
      kind: NodeSubnet
      metadata: {name: a, labels: {node-role.kubernetes.io/control-plane: ""}}
      spec: {podNetwork: default, nodeName: cp, cidr: 10.244.2.0/24, nodeIPs: [192.0.2.2], vtepMAC: "02:00:00:00:00:02"}
      ---
      kind: NodeSubnet
      metadata: {name: b}
      spec: {podNetwork: default, nodeName: n3, cidr: 10.244.3.0/24, nodeIPs: [192.0.2.3], vtepMAC: "02:00:00:00:00:03"}
      ---
      kind: FirewallPolicy
      metadata: {name: p, generation: 1}
      spec: {rules: [%s]}
      """;

  /**
   * Listeners at 2222, 10260, 7443 and 10350, and one connection from 192.0.2.7 to 192.0.2.1 at
   * 2222; little-endian.
   */
  private static final String SOCKETS =
      """
         0: 00000000:08AE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
         1: 00000000:2814 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
         2: 00000000:1D13 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
         3: 010200C0:08AE 070200C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 1 1
         4: 00000000:286E 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
      """;

  private final FakeHost host = new FakeHost();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The API server is reached by a Service: its address is not what filters see.
        "{name: r, direction: Out, action: Deny, to: [{cidr: 192.0.2.2}]}                 | true",
        "{name: r, direction: Out, action: Deny, to: [{cidr: 192.0.2.3}]}                 | false",
        "{name: r, direction: Out, action: Deny, to: [{cidr: 10.96.0.1}]}                 | true",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: ['6443']}          | true",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: ['443']}           | true",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: ['80']}            | false",
        // The administrator who is connected.
        "{name: r, direction: In, action: Deny, from: [{cidr: 192.0.2.0/28}]}             | true",
        "{name: r, direction: In, action: Deny, from: [{cidr: 192.0.2.8/29}]}             | false",
        "{name: r, direction: In, action: Deny, interfaceIn: eth0, protocol: TCP, ports: ['2222']} | true",
        "{name: r, direction: In, action: Deny, interfaceIn: eth1, protocol: TCP, ports: ['2222']} | false",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['22']}             | false",
        // The kubelet and an API server, where this node's files say they listen.
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['10260']}          | true",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['7443']}           | true",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['10250']}          | false",
        // The tunnel of the network it is in.
        "{name: r, direction: In, action: Deny, protocol: UDP, ports: ['8472']}           | true",
        "{name: r, direction: Out, action: Deny, protocol: UDP, ports: ['8472']}          | true",
        "{name: r, direction: In, action: Deny, protocol: UDP, ports: ['8473']}           | false",
        // The kubelet, where the Node says it listens.
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['10350']}          | true",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['10351']}          | false"
      })
  void aPolicyThatWouldCutIsRefused(String rule, boolean refused) {
    host.sockets =
        new FirewallHost.SocketSight(
            List.of(SOCKETS),
            List.of("Port 2222\n"),
            List.of("port: 10260\n", "- --secure-port=7443\n"),
            List.of("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"));
    FirewallWish wish =
        FirewallWish.of(YamlViews.read(NODES.formatted(rule)), SampleNetwork.member());
    FirewallPlanFactory plans =
        new FirewallPlanFactory(
            host, () -> new ApiEndpoint(List.of(IpAddress.parse("10.96.0.1")), 443));

    PolicyVerdict verdict = plans.make(wish, LastGood.NOTHING).planned().verdicts().getFirst();

    assertThat(verdict.accepted()).isEqualTo(!refused);
    assertThat(verdict.remark().map(PolicyProblem::reason).stream())
        .containsExactlyElementsOf(refused ? List.of(PolicyReason.WouldLockOut) : List.of());
  }

  @Test
  void remarksAreAsLongAsAReportHasRoomFor() {
    assertThat(FirewallPlanner.MAX_REMARKS).isEqualTo(Limits.POLICY_MESSAGE);
  }

  @Test
  void nodePortsAreClosedWhereverTheRowsGo() {
    host.tools = false;
    FirewallPlanFactory plans =
        new FirewallPlanFactory(
            host, () -> new ApiEndpoint(List.of(IpAddress.parse("10.96.0.1")), 443));

    FirewallPlan plan =
        plans.make(
            FirewallWish.of(
                YamlViews.read(
                    NODES.formatted(
                        "{name: r, direction: In, action: Deny, protocol: TCP, ports: ['30090']}")),
                SampleNetwork.member()),
            LastGood.NOTHING);

    assertThat(plan.choice().kind()).isEmpty();
    assertThat(plan.guard(SampleNetwork.member()).orElseThrow().nodePortRows())
        .extracting(FilterRow::rule)
        .containsOnly("r");
  }

  @ParameterizedTest
  @CsvSource({"eth0, true", "tweed-br0, false"})
  void theDevicesOfThePodNetworkAreNoWayToTheNode(String device, boolean refused) {
    host.sockets =
        new FirewallHost.SocketSight(
            List.of(SOCKETS.lines().findFirst().orElseThrow()), // nobody is connected
            List.of("Port 2222\n"),
            List.of(),
            List.of(
                "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
                "tweed-br0\t0001F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
                "tweed.1\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"));
    String rule =
        "{name: r, direction: In, action: Deny, interfaceIn: %s, protocol: TCP, ports: ['2222']}"
            .formatted(device);
    FirewallPlanFactory plans =
        new FirewallPlanFactory(
            host, () -> new ApiEndpoint(List.of(IpAddress.parse("10.96.0.1")), 443));

    PolicyVerdict verdict =
        plans
            .make(
                FirewallWish.of(YamlViews.read(NODES.formatted(rule)), SampleNetwork.member()),
                LastGood.NOTHING)
            .planned()
            .verdicts()
            .getFirst();

    assertThat(verdict.accepted()).isEqualTo(!refused);
  }
}
