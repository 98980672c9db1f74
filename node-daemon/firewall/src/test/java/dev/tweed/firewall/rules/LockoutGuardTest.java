package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which policies would cut what on which node. */
class LockoutGuardTest {

  private static final Origin POLICY = new Origin(Origin.Kind.POLICY, "p");
  private static final Origin OTHER = new Origin(Origin.Kind.POLICY, "o");

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // The tunnel: each node, by the device it comes by, either way.
        "worker        | deny in udp on eth0                                        | TUNNEL",
        "worker        | deny in udp from 10.0.0.0/8                                | TUNNEL",
        "worker        | deny out udp to 10.0.0.0/8                                 | DNS TUNNEL",
        "worker        | deny in udp 8472 from 10.0.0.3                             | TUNNEL",
        "worker        | allow in udp 8472 from 10.0.0.0/24; deny in udp            | -",
        "worker        | deny in udp 8472 from 192.0.2.0/24                         | -",
        "worker        | deny in udp on eth1                                        | -",
        // An allow counts by what it lets in.
        "worker        | deny in tcp 22                                             | SSH",
        "worker        | allow in tcp 22 from 192.0.2.0/24; deny in tcp 22          | -",
        "worker        | allow in tcp 22 to 192.0.2.99; deny in tcp 22              | SSH",
        "worker        | allow in tcp 22 to 10.0.0.1; deny in tcp 22                | -",
        "worker        | allow in tcp 22 from 0.0.0.0/8; deny in tcp 22             | SSH",
        "worker        | allow in tcp 22 from 224.0.0.0/4; deny in tcp 22           | SSH",
        "worker        | allow in tcp 22 from 127.0.0.0/8; deny in tcp 22           | SSH",
        "worker        | allow in tcp 22 from 10.0.0.1; deny in tcp 22              | SSH",
        "worker        | allow in tcp 22 from 10.244.0.0/16; deny in tcp 22         | SSH",
        "worker        | allow in tcp 22 from 10.0.0.0/8; deny in tcp 22            | -",
        "worker        | allow in tcp 22 on eth7; deny in tcp 22                    | SSH",
        "worker        | allow in tcp 22 on tweed-br0; deny in tcp 22               | SSH",
        "worker        | allow in tcp 22 on lo; deny in tcp 22                      | SSH",
        "worker        | allow in tcp 22 on eth0; deny in tcp 22                    | -",
        "worker        | deny in tcp 22 on eth0                                     | SSH",
        "worker        | allow in tcp 22 sport 40000:50000; deny in tcp 22          | SSH",
        "worker        | allow in tcp 22 from ::/0; deny in tcp 22                  | SSH",
        "both families | allow in tcp 22 from 2001:db8::7; deny in tcp 22           | SSH",
        "both families | allow in tcp 22 from 192.0.2.7; deny in tcp 22             | SSH",
        "both families | allow in tcp 22 from 192.0.2.7; allow in tcp 22 from 2001:db8::7; deny in tcp 22 | -",
        "IPv6 only     | deny in tcp 22                                             | SSH",
        "IPv6 only     | allow in tcp 22 from 192.0.2.7; deny in tcp 22             | SSH",
        "IPv6 only     | allow in tcp 22 from fe80::/10; deny in tcp 22             | SSH",
        "IPv6 only     | allow in tcp 22 from 2001:db8::1; deny in tcp 22           | SSH",
        "IPv6 only     | allow in tcp 22 from 2001:db8:7::/64; deny in tcp 22       | -",
        "IPv6 only     | deny in tcp 22 from 0.0.0.0/0                              | -",
        // In parts.
        "worker        | deny in tcp 22 from 0.0.0.0/1; deny in tcp 22 from 128.0.0.0/2; deny in tcp 22 from 192.0.0.0/3 | SSH",
        "worker        | deny in tcp 22 from 0.0.0.0/1; deny in tcp 22 from 128.0.0.0/2                              | -",
        "worker        | deny in tcp 22 from 203.0.112.0/20; allow in tcp 22 from 203.0.113.0/24; deny in tcp 22     | SSH",
        "worker        | deny in tcp 22 from 203.0.113.0/25; allow in tcp 22 from 203.0.113.0/24; deny in tcp 22     | -",
        "two devices   | deny in tcp 22 on eth0                                     | -",
        "two devices   | deny in tcp 22 on eth0; deny in tcp 22 on eth1             | SSH",
        "two devices   | deny in tcp 22 from 0.0.0.0/1; deny in tcp 22 from 128.0.0.0/1 on eth0 | -",
        "two devices   | deny in tcp 22 to 10.0.0.1                                 | -",
        "two devices   | deny in tcp 22 to 10.0.0.1; deny in tcp 22 to 10.9.0.1     | SSH",
        // Who is logged in counts, and nobody else.
        "alice is in   | deny in tcp 22 from 203.0.113.0/24                         | SSH",
        "alice is in   | allow in tcp 22 from 10.0.0.0/8; deny in tcp 22            | SSH",
        "alice is in   | allow in tcp 22 from 203.0.113.5; deny in tcp 22           | -",
        "alice is in   | allow in tcp 22 from 203.0.113.5 on eth1; deny in tcp 22   | SSH",
        "alice is in   | deny in tcp 22 from 198.51.100.0/24                        | -",
        "alice is in   | limit in tcp 22                                            | -",
        "alice is here | deny in tcp 22                                             | SSH",
        "alice is here | allow in tcp 22 from 192.0.2.0/24; deny in tcp 22          | -",
        // API servers: the Service, themselves, and what the kubelet goes by.
        "worker        | deny out tcp 6443                                          | API_SERVER",
        "worker        | deny out to 10.0.0.2                                       | API_SERVER TUNNEL",
        "worker        | deny out tcp to 10.96.0.0/12                               | API_SERVER",
        "worker        | deny out tcp to 10.0.0.3                                   | -",
        "load balancer | deny out to 192.0.2.100                                    | API_SERVER",
        "load balancer | deny out tcp 8443                                          | API_SERVER",
        "a name        | deny out tcp 8443                                          | API_SERVER",
        "a name        | allow out tcp 8443 to 192.0.2.0/24; deny out tcp 8443      | -",
        "managed       | deny out to 172.16.0.0/12                                  | API_SERVER",
        "microk8s      | deny out tcp 16443                                         | API_SERVER",
        "microk8s      | deny out tcp 6443                                          | -",
        "control plane | deny in tcp 6443                                           | API_SERVER",
        "control plane | deny in tcp 6443 from 10.0.0.3                             | API_SERVER",
        "control plane | allow in tcp 6443 from 10.0.0.0/8; deny in tcp 6443        | -",
        "worker        | deny in tcp 6443                                           | -",
        // The kubelet, for API servers of other nodes.
        "worker        | deny in tcp 10250                                          | KUBELET",
        "worker        | limit in tcp 10250                                         | KUBELET",
        "worker        | allow in tcp 10250 from 10.0.0.2; deny in tcp 10250        | -",
        "worker        | deny in tcp 10250 sport 1024:32767                         | KUBELET",
        "worker        | deny in tcp 10250 sport 53                                 | -",
        "one server    | allow in tcp 10250 from 192.0.2.9; deny in tcp 10250       | -",
        "no server     | deny in tcp 10250                                          | KUBELET",
        // What a cluster and a node live on besides.
        "control plane | deny in tcp 2379:2380                                      | ETCD",
        "control plane | deny out tcp 2380 to 10.0.0.2                              | ETCD",
        "worker        | deny in tcp 2379:2380                                      | -",
        "worker        | deny out 53                                                | DNS",
        "worker        | allow out udp 53 to 10.0.0.53; deny out 53                 | -",
        "worker        | deny out to 10.244.0.0/16                                  | PODS",
        "worker        | deny out tcp 80 to 10.244.0.0/16                           | -",
        "worker        | deny routed                                                | PODS",
        "worker        | deny routed from 10.244.0.0/16                             | PODS",
        "worker        | deny routed tcp 80                                         | -",
        "worker        | allow out tcp 80 to 10.244.0.0/16; deny out to 10.244.0.0/16 | PODS",
        "worker        | allow out to 10.244.0.0/16; deny out to 10.244.0.0/16      | -",
        "worker        | deny routed udp                                            | PODS",
        "worker        | deny routed tcp 1:1023,1024:65535                          | PODS",
        "worker        | deny routed tcp 1:1023,1025:65535                          | -",
        "worker        | allow routed on tweed.1; allow routed from 10.244.1.0/24 out tweed.1; deny routed | PODS",
        "worker        | deny routed on tweed-br0 out tweed-br0                     | PODS",
        "worker        | deny routed on tweed-br0 out eth0                          | -",
        "worker        | deny routed udp on eth0                                    | -",
        "direct routes | deny routed on eth0                                        | PODS",
        "direct routes | deny routed tcp 80 on eth0                                 | -",
        "worker        | deny routed to 10.244.1.7                                  | -",
        "worker        | allow routed from 10.244.0.0/16; deny routed               | -",
        "worker        | deny out to 169.254.169.254                                | -",
        "cloud         | deny out to 169.254.169.254                                | METADATA",
        "cloud         | deny out to 10.0.0.0/8 on eth0                             | API_SERVER DNS TUNNEL",
        "leased        | deny out udp 67                                            | DHCP",
        "leased        | deny out udp 67 on eth1                                    | -",
        "worker        | deny out udp 67                                            | -",
        "leased IPv6   | deny out udp 547                                           | DHCP",
        // Whatever else a rule says.
        "worker        | reject in tcp 22                                           | SSH",
        "worker        | deny in                                                    | SSH KUBELET TUNNEL",
        "worker        | deny in tcp 1:65535                                        | SSH KUBELET",
        "worker        | allow in from 192.0.2.0/24; deny in                        | KUBELET TUNNEL",
        "worker        | allow in tcp 22 sport 1:65535; deny in tcp 22              | -",
        "worker        | allow in tcp 22 from 240.0.0.0/4; deny in tcp 22           | SSH",
        "worker        | allow in udp 22; deny in 22                                | SSH",
        "worker        | limit in udp 8472                                          | TUNNEL",
        "worker        | limit routed                                               | PODS",
        "worker        | deny in tcp 22 from 0.0.0.0/0 sport 1024:65535             | SSH",
        "both families | deny in tcp 22 from 0.0.0.0/0                              | SSH",
        "both families | deny in tcp 22 from ::/0                                   | SSH",
        "alice by IPv6 | deny in tcp 22 from ::/0                                   | SSH",
        "alice by IPv6 | deny in tcp 22 from 0.0.0.0/0                              | -",
        "leased        | deny out udp on eth0                                       | DHCP DNS TUNNEL",
        "control plane | limit in tcp 2379:2380                                     | ETCD",
        "own resolver  | deny out 53                                                | DNS",
        "own resolver  | allow out 53 to 10.0.0.0/8; deny out 53                    | -",
        "own resolver  | allow out 53 to 10.0.0.1; deny out 53                      | DNS",
      })
  void aPolicyCutsWhatAndWhere(String node, String rules, String cut) {
    assertThat(
            check(node(node), rules).stream()
                .map(LockoutGuardTest::service)
                .collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(cut == null ? Set.of() : Set.of(cut.split(" ")));
  }

  private static SampleFacts node(String name) {
    SampleFacts node = new SampleFacts();
    switch (name) {
      case "worker" -> {}
      case "both families" -> node.bothFamilies();
      case "IPv6 only" -> node.nodeIps = List.of("2001:db8::1");
      case "two devices" ->
          node.addresses = List.of(SampleFacts.ETH0, SampleFacts.own("eth1", "10.9.0.1"));
      case "alice is in" -> node.loggedIn("203.0.113.5");
      case "alice by IPv6" -> node.bothFamilies().loggedIn("2001:db8::7");
      case "own resolver" -> node.nameServers = List.of(IpAddress.parse("10.0.0.1"));
      case "alice is here" -> node.loggedIn("10.0.0.1");
      case "load balancer" -> node.waysToApi = List.of(SampleFacts.server("192.0.2.100", 8443));
      case "a name" -> node.waysToApi = List.of(new Server(Optional.empty(), 8443));
      case "managed" -> node.apiServers = List.of(SampleFacts.server("172.31.5.7", 443));
      case "microk8s" -> node.apiServers = List.of(SampleFacts.server("10.0.0.2", 16443));
      case "control plane" ->
          node.apiServers =
              List.of(SampleFacts.server("10.0.0.1", 6443), SampleFacts.server("10.0.0.2", 6443));
      case "one server" -> node.apiServers = List.of(SampleFacts.server("10.0.0.1", 6443));
      case "no server" -> node.apiServers = List.of();
      case "direct routes" -> node.bypassed = true;
      case "cloud" -> node.cloud = true;
      case "leased" ->
          node.addresses =
              List.of(
                  new ProtectedFlowsPlanner.NodeAddress(
                      "eth0", IpAddress.parse("10.0.0.1"), false, true));
      case "leased IPv6" ->
          node.addresses =
              List.of(
                  SampleFacts.ETH0,
                  new ProtectedFlowsPlanner.NodeAddress(
                      "eth0", IpAddress.parse("2001:db8::1"), false, true));
      default -> throw new IllegalArgumentException(name);
    }
    return node;
  }

  @Test
  void aMessageNamesTheEndThatIsCutAndTheRemedy() {
    assertThat(check(new SampleFacts().loggedIn("203.0.113.5"), "deny in tcp 22"))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo(PolicyReason.WouldLockOut);
              assertThat(problem.rule()).isEqualTo("r1");
              assertThat(problem.message())
                  .isEqualTo(
                      "it would cut SSH (tcp port 22) from 203.0.113.5, where alice is logged in");
              assertThat(problem.remedy())
                  .isEqualTo(
                      "allow tcp port 22 from 203.0.113.5 in a rule before it, narrow the rule, or"
                          + " name SSH in spec.allowLockout");
            });
    assertThat(check(new SampleFacts(), "deny out tcp 6443").iterator().next().message())
        .isEqualTo("it would cut the API server (tcp port 6443) to 10.0.0.2, an API server");
  }

  @Test
  void whereNobodyIsKnownTheMessageSaysThatThePortAloneIsProtected() {
    SampleFacts node = new SampleFacts();
    node.sessions = SshSessions.UNSEEN;

    assertThat(check(node, "deny in tcp 22").iterator().next().message())
        .startsWith("it would cut SSH (tcp port 22) for everybody over IPv4; who is logged in")
        .endsWith("so the port alone is protected");
    assertThat(check(node, "deny in tcp 22 from 0.0.0.0/1; deny in tcp 22 from 128.0.0.0/1"))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.rule()).isEqualTo("r2");
              assertThat(problem.message())
                  .startsWith("with what is denied before, it would cut SSH (tcp port 22)");
            });
  }

  @Test
  void leaveIsForTheServicesThatAreNamed() {
    List<FilterRow> rows = RuleLines.rows(POLICY, "deny in");
    List<ProtectedFlow> flows = new SampleFacts().flows();

    assertThat(
            LockoutGuard.check(
                rows, flows, (origin, service) -> service == ProtectedService.TUNNEL))
        .extracting(LockoutGuardTest::service)
        .containsOnly("SSH", "KUBELET");
    assertThat(LockoutGuard.check(rows, flows, (origin, service) -> true)).isEmpty();
  }

  @Test
  void ofSeveralPoliciesTheOneThatLeavesNobodyIsAtFault() {
    RuleGroup first = new RuleGroup(OTHER, 1, RuleLines.parse("deny in tcp 22 from 0.0.0.0/1"));
    RuleGroup second = new RuleGroup(POLICY, 2, RuleLines.parse("deny in tcp 22 from 128.0.0.0/1"));
    List<FilterRow> rows = RuleCompiler.compile(List.of(first, second)).rows();
    List<ProtectedFlow> flows = new SampleFacts().flows();

    assertThat(LockoutGuard.check(rows, flows, (origin, service) -> false))
        .extracting(RuleProblem::origin)
        .containsExactly(POLICY);
    assertThat(LockoutGuard.check(rows, flows, (origin, service) -> origin.equals(POLICY)))
        .isEmpty();
  }

  private static String service(RuleProblem problem) {
    for (ProtectedService service : ProtectedService.values()) {
      if (problem.remedy().contains("name " + service.field() + " in")) {
        return service.name();
      }
    }
    return problem.remedy();
  }

  private static Set<RuleProblem> check(SampleFacts node, String rules) {
    return LockoutGuard.check(
        RuleLines.rows(POLICY, rules), node.flows(), (origin, service) -> false);
  }
}
