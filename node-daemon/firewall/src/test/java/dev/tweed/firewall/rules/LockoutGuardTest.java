package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockoutGuardTest {

  private static final Origin POLICY = new Origin(Origin.Kind.POLICY, "p");
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
              assertThat(problem.kind()).isEqualTo(RuleProblem.Kind.WOULD_LOCK_OUT);
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

  private static List<RuleProblem> check(ProtectedService service, FirewallRule... rules) {
    CompiledRules compiled =
        RuleCompiler.compile(List.of(new RuleGroup(POLICY, 0, Arrays.asList(rules))));
    return LockoutGuard.check(compiled.rows(), List.of(service), origin -> false);
  }
}
