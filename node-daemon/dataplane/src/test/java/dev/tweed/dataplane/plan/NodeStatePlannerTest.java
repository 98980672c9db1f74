package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole plans, and what a node needs of its own for one. */
class NodeStatePlannerTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

  @Test
  void vxlanOverIpv4() {
    Plan plan = machine.plan(Example.vxlan().with(Example.peer(2), Example.peer(3)).snapshot());

    Golden.assertMatches("plan-vxlan-ipv4.txt", PlanText.of(plan));
  }

  @Test
  void vxlanDualStack() {
    Plan plan =
        machine.plan(
            Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2)).snapshot());

    Golden.assertMatches("plan-vxlan-dual-stack.txt", PlanText.of(plan));
  }

  @Test
  void hostGateway() {
    machine.routesTo.put(
        Example.ip(2), Route.through(IpPrefix.host(Example.ip(2)), 2, RouteProtocol.UNSPECIFIED));
    machine.routesTo.put(
        Example.ip(3),
        Route.via(
            IpPrefix.host(Example.ip(3)),
            IpAddress.parse("192.0.2.254"),
            2,
            RouteProtocol.UNSPECIFIED));

    Plan plan =
        machine.plan(
            Example.vxlan()
                .with(new Backend.HostGateway())
                .with(Example.peer(2), Example.peer(3))
                .snapshot());

    Golden.assertMatches("plan-host-gateway.txt", PlanText.of(plan));
  }

  @Test
  void aNodeAddressOnLoopbackBindsTheTunnelToNoDevice() {
    Machine bgp = Machine.with("198.51.100.1/24");
    bgp.addresses.add(Address.global(1, IpPrefix.parse("192.0.2.1/32")));

    Plan plan = bgp.plan(Example.vxlan().snapshot());

    assertThat(plan.desired().tunnels().getFirst().lowerIndex()).isZero();
    assertThat(plan.podMtu()).isEqualTo(1450);
  }

  @Test
  void noLinkHasTheNodesAddress() {
    Plan plan = Machine.with("198.51.100.1/24").plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.NoInternalIP);
    assertThat(plan.desired().tunnels()).isEmpty();
    assertThat(plan.findings().getFirst().message()).contains("192.0.2.1");
  }

  @Test
  void aTranslatedAddressStandsForThatOfTheLinkThatIsNamed() {
    // Given a node at 192.0.2.1 for others, whose links have others' addresses
    Machine behind = Machine.with("10.0.0.5/24");
    ClusterSnapshot snapshot = Example.vxlan().with(Example.peer(2)).snapshot();

    Plan plan = behind.plan(Example.translated(snapshot, "192.0.2.0/24", "ens*", "eth*"));

    assertThat(plan.findings()).isEmpty();
    assertThat(plan.desired().tunnels().getFirst().local()).hasToString("10.0.0.5");
    assertThat(plan.desired().peers()).hasSize(1);

    // But not outside the ranges, nor where no link is named
    for (ClusterSnapshot other :
        List.of(
            Example.translated(snapshot, "203.0.113.0/24", "eth0"),
            Example.translated(snapshot, "192.0.2.0/24", "eth1"),
            Example.translated(snapshot, "192.0.2.0/24"))) {
      assertThat(behind.plan(other).findings())
          .extracting(Finding::reason)
          .containsExactly(Reason.NoInternalIP);
    }
  }

  @Test
  void anAddressOnALinkIsTakenAsItIs() {
    Plan plan =
        machine.plan(Example.translated(Example.vxlan().snapshot(), "192.0.2.0/24", "eth0"));

    assertThat(plan.desired().tunnels().getFirst().local()).hasToString("192.0.2.1");
  }

  @Test
  void anOwnBlockOutsideThePoolsIsNotUsed() {
    Plan plan =
        machine.plan(
            Example.vxlan()
                .with(
                    new OwnNode(
                        "n1",
                        List.of(IpPrefix.parse("192.168.1.0/24")),
                        List.of(Example.ip(1)),
                        Example.mac(1)))
                .snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.OutsidePools);
    assertThat(plan.desired().bridge()).isEmpty();
  }

  @Test
  void withoutABlockWhatIsThereStays() {
    machine.sync(Example.vxlan().with(Example.peer(2)).snapshot());
    OwnNode none = new OwnNode("n1", List.of(), List.of(Example.ip(1)), Example.mac(1));

    Plan plan = machine.plan(Example.vxlan().with(none).with(Example.peer(2)).snapshot());

    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.action() == Change.Action.REMOVED);
  }

  @Test
  void sysctlsOfThePodNetworkAreKept() {
    Plan plan =
        machine.plan(
            Example.vxlan()
                .withSysctls(
                    Map.of(
                        "net.core.somaxconn", "4096",
                        "net/ipv4/conf/eth0.100/rp_filter", "2",
                        "net.ipv4.conf.eth0/200.rp_filter", "2"))
                .snapshot());

    assertThat(plan.desired().nodeSysctls())
        .extracting(SysctlSetting::path)
        .contains("core/somaxconn", "ipv4/conf/eth0.100/rp_filter", "ipv4/conf/eth0.200/rp_filter");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kernel.panic",
        "net",
        "net.",
        "net/../kernel/panic",
        "net/ipv4/../../kernel/panic",
        "net//ipv4",
        "net.ipv4.ip_forward",
        "net/ipv4/ip_forward"
      })
  void sysctlsOutsideTheNetworkOrNeededOtherwiseAreRefused(String name) {
    Plan plan = machine.plan(Example.vxlan().withSysctls(Map.of(name, "0")).snapshot());

    assertThat(plan.findings()).extracting(Finding::reason).containsExactly(Reason.SysctlRefused);
    assertThat(plan.desired().nodeSysctls())
        .noneMatch(setting -> setting.rule().equals(new SysctlSetting.Rule.Exactly("0")));
  }

  @Test
  void anOwnMacAddressThatNoDeviceCanHave() {
    OwnNode bad =
        new OwnNode(
            "n1",
            List.of(Example.block(1)),
            List.of(Example.ip(1)),
            MacAddress.parse("01:00:5e:00:00:01"));

    Plan plan = machine.plan(Example.vxlan().with(bad).snapshot());

    assertThat(plan.isComplete()).isFalse();
    assertThat(plan.findings().getFirst().message()).contains("01:00:5e:00:00:01");
  }
}
