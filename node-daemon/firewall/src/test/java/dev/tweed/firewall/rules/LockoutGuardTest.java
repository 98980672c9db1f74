package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LockoutGuardTest {

  private static final Origin POLICY = new Origin(Origin.Kind.POLICY, "p");
  private static final Origin OTHER = new Origin(Origin.Kind.POLICY, "o");
  private static final ProtectedService SSH =
      new ProtectedService(
          "SSH", Direction.IN, Protocol.TCP, 22, List.of(IpAddress.parse("192.0.2.7")));
  private static final ProtectedService KUBELET =
      new ProtectedService("kubelet", Direction.IN, Protocol.TCP, 10250, List.of());
  private static final ProtectedService API =
      new ProtectedService(
          "API server",
          Direction.OUT,
          Protocol.TCP,
          6443,
          List.of(IpAddress.parse("198.51.100.1")));
  private static final FirewallRule DENY =
      FirewallRule.allow("deny", Direction.IN).withAction(Action.DENY);
  private static final FirewallRule DENY_SSH = DENY.withPorts(Protocol.TCP, PortRange.of(22));
  private static final FirewallRule ALLOW_SSH =
      FirewallRule.allow("allow", Direction.IN).withPorts(Protocol.TCP, PortRange.of(22));

  @Test
  void denyingThePortIsALockout() {
    assertThat(check(SSH, DENY_SSH))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo(PolicyReason.WouldLockOut);
              assertThat(problem.rule()).isEqualTo("deny");
              assertThat(problem.message()).contains("SSH (tcp port 22)");
            });
  }

  @Test
  void soIsDenyingAllPorts() {
    assertThat(check(KUBELET, DENY)).hasSize(1);
  }

  @Test
  void andARangeThatHoldsIt() {
    assertThat(check(SSH, DENY.withPorts(Protocol.TCP, new PortRange(20, 30)))).hasSize(1);
  }

  @Test
  void anotherPortOrProtocolIsNone() {
    assertThat(check(SSH, DENY.withPorts(Protocol.TCP, PortRange.of(23)))).isEmpty();
    assertThat(check(SSH, DENY.withPorts(Protocol.UDP, PortRange.of(22)))).isEmpty();
  }

  @Test
  void denyingAStrangerIsNone() {
    assertThat(check(SSH, DENY.withFrom(Peer.of(IpPrefix.parse("203.0.113.0/24"))))).isEmpty();
  }

  @Test
  void denyingWhoIsConnectedNowIsALockout() {
    assertThat(check(SSH, DENY.withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24"))))).hasSize(1);
  }

  @Test
  void denyingTheRestIsNoneIfWhoIsConnectedIsAllowedBefore() {
    FirewallRule here = ALLOW_SSH.withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24")));

    assertThat(check(SSH, here, DENY_SSH)).isEmpty();
    assertThat(check(SSH, DENY_SSH, here)).hasSize(1);
  }

  @Test
  void denyingTheWayToTheApiServerIsALockout() {
    FirewallRule out = FirewallRule.allow("deny", Direction.OUT).withAction(Action.REJECT);

    assertThat(check(API, out.withTo(Peer.of(IpPrefix.parse("198.51.100.0/24"))))).hasSize(1);
    assertThat(check(API, DENY)).isEmpty();
  }

  @Test
  void limitingCutsAllButSsh() {
    assertThat(check(SSH, DENY_SSH.withAction(Action.LIMIT))).isEmpty();
    assertThat(check(KUBELET, DENY.withAction(Action.LIMIT))).hasSize(1);
  }

  @Test
  void whoHasLeaveMay() {
    List<FilterRow> rows =
        RuleCompiler.compile(List.of(new RuleGroup(POLICY, 0, List.of(DENY_SSH)))).rows();

    assertThat(LockoutGuard.check(rows, List.of(SSH), POLICY::equals)).isEmpty();
  }

  @Test
  void lettingInWhatComesByThePodsDeviceIsNoThoughtForSsh() {
    FirewallRule pods = FirewallRule.allow("pods", Direction.IN).withInterfaceIn("tweed-br0");

    assertThat(check(KUBELET, pods, DENY)).hasSize(1);
    assertThat(check(SSH, pods, DENY)).hasSize(1);
    assertThat(check(KUBELET, pods.withPorts(Protocol.TCP, PortRange.of(10250)), DENY)).isEmpty();
  }

  @Test
  void lettingInToAnotherAddressDoesNotHelpWhoIsConnectedHere() {
    FirewallRule elsewhere = ALLOW_SSH.withTo(Peer.of(IpPrefix.parse("10.9.9.9/32")));
    FirewallRule here = ALLOW_SSH.withTo(Peer.of(IpPrefix.parse("192.0.2.1/32")));

    assertThat(check(ssh("eth0"), elsewhere, DENY_SSH)).hasSize(1);
    assertThat(check(ssh("eth0"), here, DENY_SSH)).isEmpty();
  }

  @Test
  void denyingAtAnotherAddressDoesNotCutWhoIsConnectedHere() {
    FirewallRule from = DENY_SSH.withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24")));

    assertThat(check(ssh("eth0"), from.withTo(Peer.of(IpPrefix.parse("10.9.9.9/32"))))).isEmpty();
    assertThat(check(ssh("eth0"), from.withTo(Peer.of(IpPrefix.parse("192.0.2.1/32"))))).hasSize(1);
  }

  @Test
  void theDeviceOfTheConnectionCounts() {
    FirewallRule allow = ALLOW_SSH.withInterfaceIn("eth0");

    assertThat(check(ssh("eth0"), allow, DENY_SSH)).isEmpty();
    assertThat(check(ssh("eth1"), allow, DENY_SSH)).hasSize(1);
    assertThat(check(ssh("eth0"), DENY_SSH.withInterfaceIn("eth0"))).hasSize(1);
    assertThat(check(ssh("eth0"), DENY_SSH.withInterfaceIn("eth1"))).isEmpty();
  }

  @Test
  void whereTheDeviceIsNotKnownTheWorseIsTaken() {
    assertThat(check(SSH, ALLOW_SSH.withInterfaceIn("eth0"), DENY_SSH)).hasSize(1);
    assertThat(check(SSH, DENY_SSH.withInterfaceIn("eth0"))).hasSize(1);
  }

  @Test
  void denyingThePortsClientsComeFromIsALockout() {
    Peer clients = new Peer(new Peer.Addresses.Anywhere(), List.of(new PortRange(1024, 65535)));
    Peer name = new Peer(new Peer.Addresses.Anywhere(), List.of(PortRange.of(53)));

    assertThat(check(KUBELET, tcp(DENY).withFrom(clients))).hasSize(1);
    assertThat(check(SSH, tcp(DENY).withFrom(clients))).hasSize(1);
    assertThat(check(SSH, tcp(DENY).withFrom(name))).isEmpty();
  }

  @Test
  void allowingSomeSourcePortsDoesNotHelp() {
    Peer name = new Peer(new Peer.Addresses.Anywhere(), List.of(new PortRange(40_000, 50_000)));

    assertThat(check(SSH, ALLOW_SSH.withFrom(name), DENY_SSH)).hasSize(1);
    assertThat(check(KUBELET, tcp(ALLOW_SSH).withFrom(name), DENY)).hasSize(1);
  }

  @Test
  void onlyRulesOfTheFamilyItListensInCount() {
    ProtectedService ipv4 =
        new ProtectedService(
            "SSH", Direction.IN, Protocol.TCP, 22, Set.of(AddressFamily.IPV4), Set.of(), List.of());
    ProtectedService ipv6 =
        new ProtectedService(
            "SSH", Direction.IN, Protocol.TCP, 22, Set.of(AddressFamily.IPV6), Set.of(), List.of());
    FirewallRule some4 = ALLOW_SSH.withFrom(Peer.of(IpPrefix.parse("192.0.2.0/24")));
    FirewallRule all4 = DENY_SSH.withFrom(Peer.of(IpPrefix.parse("0.0.0.0/0")));

    assertThat(check(ipv4, some4, DENY_SSH)).isEmpty();
    assertThat(check(ipv6, some4, DENY_SSH)).hasSize(1);
    assertThat(check(ipv4, all4)).hasSize(1);
    assertThat(check(ipv6, all4)).isEmpty();
  }

  @Test
  void aPolicyOfASmallerPriorityProtects() {
    RuleGroup deny = new RuleGroup(POLICY, 100, List.of(DENY_SSH));

    assertThat(check(deny, new RuleGroup(OTHER, 99, List.of(ALLOW_SSH)))).isEmpty();
    assertThat(check(deny, new RuleGroup(OTHER, 101, List.of(ALLOW_SSH))))
        .extracting(RuleProblem::origin)
        .containsExactly(POLICY);
    // Of equal priority, by name: "o" comes before "p".
    assertThat(check(deny, new RuleGroup(OTHER, 100, List.of(ALLOW_SSH)))).isEmpty();
  }

  @Test
  void theWayOutIsKeptByTheAddressInUse() {
    ProtectedService way =
        new ProtectedService(
            "way",
            Direction.OUT,
            Protocol.TCP,
            6443,
            Set.of(AddressFamily.IPV4),
            Set.of(),
            List.of(end("198.51.100.1", "192.0.2.1", "eth0")));
    FirewallRule deny = FirewallRule.allow("deny", Direction.OUT).withAction(Action.DENY);
    FirewallRule allow =
        FirewallRule.allow("allow", Direction.OUT)
            .withPorts(Protocol.TCP, PortRange.of(6443))
            .withInterfaceOut("eth0");

    assertThat(check(way, allow, deny)).isEmpty();
    assertThat(check(way, allow.withInterfaceOut("eth1"), deny)).hasSize(1);
    assertThat(check(way, allow.withFrom(Peer.of(IpPrefix.parse("192.0.2.1/32"))), deny)).isEmpty();
    assertThat(check(way, allow.withFrom(Peer.of(IpPrefix.parse("192.0.2.2/32"))), deny))
        .hasSize(1);
  }

  private static FirewallRule tcp(FirewallRule rule) {
    return rule.withPorts(Protocol.TCP);
  }

  /** SSH with a connection from 192.0.2.7 to 192.0.2.1. */
  private static ProtectedService ssh(String device) {
    return new ProtectedService(
        "SSH",
        Direction.IN,
        Protocol.TCP,
        22,
        Set.of(AddressFamily.IPV4),
        Set.of(),
        List.of(end("192.0.2.7", "192.0.2.1", device)));
  }

  private static ProtectedService.End end(String peer, String own, String device) {
    return new ProtectedService.End(
        IpAddress.parse(peer), Optional.of(IpAddress.parse(own)), Optional.of(device));
  }

  private static List<RuleProblem> check(RuleGroup... groups) {
    return LockoutGuard.check(
        RuleCompiler.compile(List.of(groups)).rows(), List.of(SSH), origin -> false);
  }

  private static List<RuleProblem> check(ProtectedService service, FirewallRule... rules) {
    CompiledRules compiled =
        RuleCompiler.compile(List.of(new RuleGroup(POLICY, 0, Arrays.asList(rules))));
    return LockoutGuard.check(compiled.rows(), List.of(service), origin -> false);
  }
}
