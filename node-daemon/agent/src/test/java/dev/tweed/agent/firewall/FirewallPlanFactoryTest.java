package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.firewall.FirewallFiles.Remembered;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.Limits;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallPlanner;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyReason;
import dev.tweed.firewall.rules.PolicyVerdict;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.NodeAddress;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.firewall.rules.SshSessions;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the lock-out guard is told of this node, and of others. */
class FirewallPlanFactoryTest {

  private static final String NODES =
      """
      kind: Node
      metadata: {name: n1}
      spec: {providerID: "aws:///zone/i-1"}
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
      spec: {nodeSelector: {}, rules: [%s], allowLockout: [%s]}
      """;

  private static final NodeAddress ETH0 =
      new NodeAddress("eth0", IpAddress.parse("192.0.2.1"), false, false);

  private final FakeHost host = new FakeHost();
  private List<ServerEndpoint> apiServers = List.of();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The API server: the way of the daemon, that of the kubelet, and the servers themselves.
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 10.96.0.1}]}                 | true",
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 192.0.2.100}]}               | true",
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 198.51.100.7}]}              | true",
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 198.51.100.8}]}              | false",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: [{port: 443}]}           | true",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: [{port: 16443}]}         | true",
        "{name: r, direction: Out, action: Deny, protocol: TCP, ports: [{port: 6443}]}          | false",
        // The administrator who is logged in, where sshd is told to listen.
        "{name: r, direction: In, action: Deny, from: [{type: CIDR, cidr: 203.0.113.0/28}]}           | true",
        "{name: r, direction: In, action: Deny, from: [{type: CIDR, cidr: 203.0.113.16/28}]}          | false",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: [{port: 2222}]}           | true",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: [{port: 22}]}             | false",
        // The kubelet, where the Node says it serves.
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: [{port: 10350}]}          | true",
        "{name: r, direction: In, action: Deny, protocol: TCP, ports: [{port: 10250}]}          | false",
        "{name: r, direction: In, action: Deny, from: [{type: CIDR, cidr: 198.51.100.7}]}             | true",
        // The tunnel of the network it is in, and its peers.
        "{name: r, direction: In, action: Deny, protocol: UDP, ports: [{port: 8472}]}           | true",
        "{name: r, direction: Out, action: Deny, protocol: UDP, ports: [{port: 8472}]}          | true",
        "{name: r, direction: In, action: Deny, protocol: UDP, ports: [{port: 8473}]}           | false",
        "{name: r, direction: In, action: Deny, from: [{type: CIDR, cidr: 192.0.2.3}]}                | true",
        "{name: r, direction: In, action: Deny, from: [{type: CIDR, cidr: 192.0.2.4}]}                | false",
        // What the node's configuration and its cloud say.
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 192.0.2.53}]}                | true",
        "{name: r, direction: Out, action: Deny, to: [{type: CIDR, cidr: 169.254.169.254}]}           | true",
        "{name: r, direction: Routed, action: Deny}                                       | true"
      })
  void aPolicyThatWouldCutIsRefused(String rule, boolean refused) {
    apiServers = List.of(new ServerEndpoint(IpAddress.parse("198.51.100.7"), 16443));

    assertThat(verdict(rule, "").accepted()).isEqualTo(!refused);
    assertThat(verdict(rule, "").remark().map(PolicyProblem::reason).stream())
        .containsExactlyElementsOf(refused ? List.of(PolicyReason.WouldLockOut) : List.of());
  }

  @Test
  void remarksAreAsLongAsAReportHasRoomFor() {
    assertThat(FirewallPlanner.MAX_REMARKS).isEqualTo(Limits.POLICY_MESSAGE);
  }

  @Test
  void untilApiServersAreLearnedNodesOfTheControlPlaneAreTakenForThem() {
    String there =
        "{name: r, direction: Out, action: Deny, protocol: TCP, to: [{type: CIDR, cidr: %s}]}";

    assertThat(verdict(there.formatted("192.0.2.2"), "").accepted()).isFalse();
    assertThat(verdict(there.formatted("192.0.2.3"), "").accepted()).isTrue();
  }

  @Test
  void leaveIsForWhatIsNamed() {
    String all = "{name: r, direction: In, action: Deny, protocol: TCP}";

    assertThat(verdict(all, "SSH").remark().orElseThrow().text())
        .contains("name Kubelet in spec.allowLockout");
    assertThat(verdict(all, "SSH, Kubelet").accepted()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void everyServiceCanBeNamed(FirewallPolicySpec.Service service) {
    assertThat(
            PolicyMapper.map(
                    YamlViews.read(
                        NODES.formatted("{name: r, direction: In, action: Allow}", service)))
                .getFirst()
                .allowLockout())
        .singleElement()
        .satisfies(one -> assertThat(one.field()).isEqualTo(service.name()));
  }

  @Test
  void nodePortsAreClosedWhereverTheRowsGo() {
    host.tools = false;

    FirewallPlan plan =
        plan("{name: r, direction: In, action: Deny, protocol: TCP, ports: [{port: 30090}]}", "");

    assertThat(plan.choice().unreachable()).isNotEmpty();
    assertThat(plan.guard(SampleNetwork.member()).orElseThrow().nodePortRows())
        .extracting(FilterRow::rule)
        .containsOnly("r");
  }

  @Test
  void withoutPoliciesNobodyIsAskedWhatHasToPass() {
    FirewallPlan plan =
        new FirewallPlanFactory(
                host,
                () -> {
                  throw new AssertionError("a name was looked up");
                },
                List::of)
            .make(
                DesiredFirewall.of(
                    YamlViews.read("kind: Node\nmetadata: {name: n1}\n"), SampleNetwork.member()),
                Remembered.NOTHING);

    assertThat(plan.planned().rows()).isNotEmpty();
  }

  private PolicyVerdict verdict(String rule, String allowLockout) {
    return plan(rule, allowLockout).planned().verdicts().getFirst();
  }

  private FirewallPlan plan(String rule, String allowLockout) {
    host.facts =
        new NodeFacts(
            List.of(ETH0),
            remote -> Optional.of(ETH0),
            List.of("Port 2222\n"),
            new SshSessions(true, Map.of(IpAddress.parse("203.0.113.5"), "alice")),
            List.of(server("192.0.2.100", 8443)),
            List.of(IpAddress.parse("192.0.2.53")),
            () -> {});
    return new FirewallPlanFactory(host, () -> List.of(server("10.96.0.1", 443)), () -> apiServers)
        .make(
            DesiredFirewall.of(
                YamlViews.read(NODES.formatted(rule, allowLockout)), SampleNetwork.member(2, 3)),
            Remembered.NOTHING);
  }

  private static Server server(String address, int port) {
    return new Server(Optional.of(IpAddress.parse(address)), port);
  }
}
