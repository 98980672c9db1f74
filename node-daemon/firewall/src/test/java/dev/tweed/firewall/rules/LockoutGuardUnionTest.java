package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is left to connect later, after all that rows deny and allow. */
class LockoutGuardUnionTest {

  private static final Origin POLICY = new Origin(Origin.Kind.POLICY, "p");
  private static final Origin OTHER = new Origin(Origin.Kind.POLICY, "o");
  private static final ProtectedService SSH =
      new ProtectedService("SSH", Direction.IN, Protocol.TCP, 22, List.of());
  private static final ProtectedService KUBELET =
      new ProtectedService("kubelet", Direction.IN, Protocol.TCP, 10250, List.of());
  private static final FirewallRule DENY =
      FirewallRule.allow("deny", Direction.IN).withAction(Action.DENY);
  private static final FirewallRule DENY_SSH = DENY.withPorts(Protocol.TCP, PortRange.of(22));
  private static final FirewallRule ALLOW_SSH =
      FirewallRule.allow("allow", Direction.IN).withPorts(Protocol.TCP, PortRange.of(22));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0/1 128.0.0.0/1",
        "128.0.0.0/1 0.0.0.0/1",
        "::/1 8000::/1",
        "64.0.0.0/2 0.0.0.0/2 192.0.0.0/2 128.0.0.0/2",
        // What no packet comes from need not be named.
        "0.0.0.0/1 128.0.0.0/2 192.0.0.0/3",
        "2000::/3 fc00::/7",
      })
  void denyingEverybodyInPartsIsALockoutThoughNobodyIsConnected(String parts) {
    assertThat(check(KUBELET, denying(parts)))
        .singleElement()
        .satisfies(
            problem -> {
              // By the part that leaves nobody.
              assertThat(problem.rule()).isEqualTo("deny-" + (parts.split(" ").length - 1));
              assertThat(problem.message())
                  .contains("with what is denied before, it would cut kubelet (tcp port 10250)");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0/1 128.0.0.0/2",
        "0.0.0.0/1 8000::/1",
        "0.0.0.0/1 128.0.0.0/2 192.0.0.0/4 208.0.0.0/5 216.0.0.0/6 220.0.0.0/7 222.0.0.0/8",
        "2000::/3 fc00::/8",
      })
  void whereSomebodyIsLeftItIsNone(String parts) {
    assertThat(check(KUBELET, denying(parts))).isEmpty();
  }

  @Test
  void ofSeveralPoliciesTheOneThatLeavesNobodyIsAtFault() {
    RuleGroup first =
        new RuleGroup(OTHER, 1, List.of(DENY_SSH.withFrom(Peer.of(IpPrefix.parse("0.0.0.0/1")))));
    RuleGroup second =
        new RuleGroup(
            POLICY, 2, List.of(DENY_SSH.withFrom(Peer.of(IpPrefix.parse("128.0.0.0/1")))));
    List<FilterRow> rows = RuleCompiler.compile(List.of(first, second)).rows();

    assertThat(LockoutGuard.check(rows, List.of(SSH), origin -> false))
        .extracting(RuleProblem::origin)
        .containsExactly(POLICY);
    assertThat(LockoutGuard.check(rows, List.of(SSH), POLICY::equals)).isEmpty();
  }

  @Test
  void allowingWhoIsDeniedBeforeLetsNobodyIn() {
    FirewallRule here = ALLOW_SSH.withFrom(Peer.of(IpPrefix.parse("203.0.113.0/24")));
    FirewallRule denied = DENY_SSH.withFrom(Peer.of(IpPrefix.parse("203.0.112.0/20")));
    FirewallRule part = DENY_SSH.withFrom(Peer.of(IpPrefix.parse("203.0.113.0/25")));

    assertThat(check(SSH, denied, here, DENY_SSH)).hasSize(1);
    assertThat(check(SSH, part, here, DENY_SSH)).isEmpty();
    // It is open at another address of this node.
    assertThat(check(SSH, denied.withTo(Peer.of(IpPrefix.parse("10.9.9.9/32"))), here, DENY_SSH))
        .isEmpty();
  }

  @Test
  void allowingThisMachineItselfLetsNobodyIn() {
    assertThat(
            check(
                KUBELET,
                ALLOW_SSH.withPorts(Protocol.TCP).withFrom(Peer.of(IpPrefix.parse("127.0.0.0/8"))),
                DENY))
        .hasSize(1);
    assertThat(
            check(
                KUBELET,
                ALLOW_SSH.withPorts(Protocol.TCP).withFrom(Peer.of(IpPrefix.parse("::1/128"))),
                DENY))
        .hasSize(1);
    assertThat(
            check(
                KUBELET,
                ALLOW_SSH.withPorts(Protocol.TCP, PortRange.of(10250)).withInterfaceIn("lo"),
                DENY))
        .hasSize(1);
  }

  @Test
  void denyingEveryDeviceOthersComeByIsALockout() {
    FirewallRule eth0 = DENY_SSH.withInterfaceIn("eth0");
    FirewallRule eth1 = DENY_SSH.withInterfaceIn("eth1");
    FirewallRule half = DENY_SSH.withFrom(Peer.of(IpPrefix.parse("0.0.0.0/1")));
    FirewallRule other = eth0.withFrom(Peer.of(IpPrefix.parse("128.0.0.0/1")));

    assertThat(check(byDevices("eth0"), eth0)).hasSize(1);
    assertThat(check(byDevices("eth0"), eth1)).isEmpty();
    assertThat(check(byDevices("eth0", "eth1"), eth0)).isEmpty();
    assertThat(check(byDevices("eth0", "eth1"), eth0, eth1)).hasSize(1);
    assertThat(check(byDevices(), eth0, eth1)).isEmpty();
    // With what is denied by any device.
    assertThat(check(byDevices("eth0"), half, other)).hasSize(1);
    assertThat(check(byDevices("eth0"), other, half)).hasSize(1);
    assertThat(check(byDevices("eth0", "eth1"), half, other)).isEmpty();
    // And who leaves one on purpose has thought of it.
    assertThat(check(byDevices("eth0", "eth1"), ALLOW_SSH.withInterfaceIn("eth1"), eth0, eth1))
        .isEmpty();
  }

  private static ProtectedService byDevices(String... devices) {
    return new ProtectedService(
        "SSH",
        Direction.IN,
        Protocol.TCP,
        22,
        Set.of(AddressFamily.IPV4, AddressFamily.IPV6),
        Set.of(devices),
        List.of());
  }

  private static FirewallRule[] denying(String parts) {
    String[] prefixes = parts.split(" ");
    return IntStream.range(0, prefixes.length)
        .mapToObj(
            i ->
                FirewallRule.allow("deny-" + i, Direction.IN)
                    .withAction(Action.DENY)
                    .withFrom(Peer.of(IpPrefix.parse(prefixes[i]))))
        .toArray(FirewallRule[]::new);
  }

  private static List<RuleProblem> check(ProtectedService service, FirewallRule... rules) {
    CompiledRules compiled =
        RuleCompiler.compile(List.of(new RuleGroup(POLICY, 0, Arrays.asList(rules))));
    return LockoutGuard.check(compiled.rows(), List.of(service), origin -> false);
  }
}
