package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.VxlanInfo;
import dev.tweed.netlink.testing.Golden;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeStatePlannerTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

  private static VxlanInfo vxlan(int vni, int port, String local, boolean external) {
    return new VxlanInfo(
        vni,
        port,
        local.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(local)),
        Optional.empty(),
        0,
        false,
        external,
        false,
        false,
        false,
        false);
  }

  private static List<Reason> reasons(Plan plan) {
    return plan.findings().stream().map(Finding::reason).toList();
  }

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
  void hostilePeersAreLeftOutWithAReason() {
    Peer good = Example.peer(2);
    IpPrefix block = Example.block(9);
    MacAddress mac = Example.mac(9);
    List<Peer> hostile =
        List.of(
            new Peer("n1", block, List.of(Example.ip(9)), mac),
            new Peer("own-block", Example.block(1), List.of(Example.ip(9)), mac),
            new Peer("inside-own", IpPrefix.parse("10.244.1.128/25"), List.of(Example.ip(9)), mac),
            new Peer("n2-block", Example.block(2), List.of(Example.ip(9)), mac),
            new Peer("around-n2", IpPrefix.parse("10.244.2.0/23"), List.of(Example.ip(9)), mac),
            new Peer("in-n2", IpPrefix.parse("10.244.2.64/26"), List.of(Example.ip(9)), mac),
            new Peer("outside", IpPrefix.parse("192.168.0.0/24"), List.of(Example.ip(9)), mac),
            new Peer("everything", IpPrefix.parse("0.0.0.0/0"), List.of(Example.ip(9)), mac),
            new Peer("host-bits", IpPrefix.parse("10.244.9.1/24"), List.of(Example.ip(9)), mac),
            new Peer("own-mac", block, List.of(Example.ip(9)), Example.mac(1)),
            new Peer("n2-mac", block, List.of(Example.ip(9)), Example.mac(2)),
            new Peer("zero-mac", block, List.of(Example.ip(9)), new MacAddress(0)),
            new Peer(
                "group-mac", block, List.of(Example.ip(9)), MacAddress.parse("01:00:5e:00:00:01")),
            new Peer("no-ip", block, List.of(), mac),
            new Peer("own-ip", block, List.of(Example.ip(1)), mac),
            new Peer("n2-ip", block, List.of(Example.ip(2)), mac),
            new Peer("pod-ip", block, List.of(IpAddress.parse("10.244.2.7")), mac),
            new Peer("loopback", block, List.of(IpAddress.parse("127.0.0.1")), mac),
            new Peer("multicast", block, List.of(IpAddress.parse("224.0.0.1")), mac),
            new Peer("unspecified", block, List.of(IpAddress.parse("0.0.0.0")), mac),
            new Peer("link-local", block, List.of(IpAddress.parse("169.254.1.1")), mac),
            new Peer("broadcast", block, List.of(IpAddress.parse("255.255.255.255")), mac),
            new Peer("mapped", block, List.of(IpAddress.parse("::ffff:192.0.2.9")), mac),
            new Peer("loopback6", block, List.of(IpAddress.parse("::1")), mac),
            new Peer("other-family", block, List.of(IpAddress.parse("2001:db8::9")), mac));
    List<Peer> all = new java.util.ArrayList<>(List.of(good));
    all.addAll(hostile);

    Plan plan = machine.plan(Example.vxlan().with(all).snapshot());

    assertThat(plan.desired().peers()).extracting(PlannedPeer::node).containsExactly("n2");
    assertThat(reasons(plan)).hasSize(hostile.size()).containsOnly(Reason.InvalidPeer);
    Golden.assertMatches("findings-hostile-peers.txt", PlanText.findings(plan.findings()));
  }

  @Test
  void theOlderOfTwoClaimsStays() {
    Peer older = Example.peer(2);
    Peer younger = new Peer("thief", Example.block(3), List.of(Example.ip(2)), Example.mac(2));

    Plan plan = machine.plan(Example.vxlan().with(older, younger).snapshot());

    assertThat(plan.desired().peers()).extracting(PlannedPeer::node).containsExactly("n2");
  }

  @Test
  void aPeerWithoutIpv4GetsATunnelOverIpv6() {
    Peer six = new Peer("n3", Example.block(3), List.of(Example.ip6(3)), Example.mac(3));

    Plan plan = machine.plan(Example.vxlan().dualStack().with(Example.peer(2), six).snapshot());

    assertThat(plan.desired().tunnels())
        .extracting(TunnelDevice::name, tunnel -> tunnel.local().toString())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("tweed.1", "192.0.2.1"),
            org.assertj.core.groups.Tuple.tuple("tweed6.1", "2001:db8::1"));
    assertThat(plan.desired().peers())
        .extracting(peer -> peer.path().device())
        .containsExactly("tweed.1", "tweed6.1");
    assertThat(plan.podMtu()).as("the others do not suffer").isEqualTo(1450);
    assertThat(plan.desired().tunnels()).extracting(TunnelDevice::mtu).containsExactly(1450, 1430);
  }

  @ParameterizedTest
  @CsvSource({
    "1500, 0, 1450, ''",
    "1500, 1400, 1400, ''",
    "1500, 1450, 1450, ''",
    "1500, 1451, 1450, MtuClamped",
    "9000, 9000, 8950, MtuClamped",
    "65535, 0, 65485, ''"
  })
  void podMtuOverIpv4(int underlay, int asked, int expected, String finding) {
    machine.links.replaceAll(
        link ->
            link.name().equals("eth0")
                ? Machine.copy(link, link.mac(), underlay, 1, 1000, link.alias())
                : link);

    Plan plan = machine.plan(Example.vxlan().withMtu(asked).snapshot());

    assertThat(plan.podMtu()).isEqualTo(expected);
    assertThat(String.join(",", reasons(plan).stream().map(Enum::name).toList()))
        .isEqualTo(finding);
  }

  @Test
  void overIpv6TheOverheadIsTwentyBytesMore() {
    Plan plan =
        machine.plan(
            Example.vxlan()
                .with(
                    new OwnNode(
                        "n1", List.of(Example.block(1)), List.of(Example.ip6(1)), Example.mac(1)))
                .snapshot());

    assertThat(plan.podMtu()).isEqualTo(1430);
    assertThat(plan.desired().tunnels().getFirst().local()).isEqualTo(Example.ip6(1));
  }

  @Test
  void ipv6PodsNeed1280Bytes() {
    Plan plan = machine.plan(Example.vxlan().dualStack().withMtu(1200).snapshot());

    assertThat(reasons(plan)).containsExactly(Reason.MtuTooSmall);
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

    assertThat(reasons(plan)).containsExactly(Reason.NoInternalIP);
    assertThat(plan.desired().tunnels()).isEmpty();
    assertThat(plan.findings().getFirst().message()).contains("192.0.2.1");
  }

  @Test
  void anotherDeviceHasTheVni() {
    machine.addVxlan("flannel.1", vxlan(1, 8472, "192.0.2.1", false), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().with(Example.peer(2)).snapshot());

    assertThat(plan.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.VniInUse);
              assertThat(finding.object()).isEqualTo("flannel.1");
              assertThat(finding.isBlocking()).isTrue();
            });
    assertThat(plan.desired().tunnels()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2/8472/192.0.2.1", "1/4789/192.0.2.1", "1/8472/2001:db8::1"})
  void otherTunnelsBesideOursAreNoConflict(String other) {
    String[] parts = other.split("/");
    machine.addVxlan(
        "other",
        vxlan(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), parts[2], false),
        Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
  }

  @Test
  void anExternalVxlanDeviceHasThePort() {
    machine.addVxlan("cilium_vxlan", vxlan(0, 8472, "", true), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(reasons(plan)).containsExactly(Reason.PortInUse);
    assertThat(plan.findings().getFirst().object()).isEqualTo("cilium_vxlan");
  }

  @Test
  void aDeviceOfOursNotYetMarkedIsTakenOver() {
    machine.addVxlan("tweed.1", vxlan(1, 8472, "192.0.2.1", false), Optional.empty());

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
    assertThat(plan.desired().tunnels()).hasSize(1);
  }

  @Test
  void aDeviceOfTheTunnelsNameThatIsNotOursIsLeftAlone() {
    machine.add("tweed.1", Optional.of("dummy"), 1500, 1);

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(reasons(plan)).containsExactly(Reason.ForeignDevice);
    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.device().equals(Optional.of("tweed.1")))
        .noneMatch(StateChange.DeleteLink.class::isInstance);
  }

  @Test
  void aBridgeTheCniPluginMadeIsTakenOver() {
    Link bridge = machine.add("tweed-br0", Optional.of("bridge"), 1500, 1);
    machine.addresses.add(Address.global(bridge.index(), IpPrefix.parse("10.244.7.1/24")));

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(plan.findings()).isEmpty();
    assertThat(machine.diff(plan.desired()))
        .anyMatch(
            change ->
                change instanceof StateChange.RemoveAddress remove
                    && remove.address().prefix().equals(IpPrefix.parse("10.244.7.1/24")));
  }

  @Test
  void aBridgeOfSomebodyElseIsReportedAndNotTouched() {
    Link bridge = machine.add("tweed-br0", Optional.of("bridge"), 1500, 1);
    machine.addresses.add(Address.global(bridge.index(), IpPrefix.parse("172.17.0.1/16")));

    Plan plan = machine.plan(Example.vxlan().snapshot());

    assertThat(reasons(plan)).containsExactly(Reason.ForeignDevice);
    assertThat(plan.findings().getFirst().message()).contains("172.17.0.1");
    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.object().contains("tweed-br0"));
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

    assertThat(reasons(plan)).containsExactly(Reason.OutsidePools);
    assertThat(plan.desired().bridge()).isEmpty();
  }

  @Test
  void withoutABlockWhatIsThereStays() {
    machine.sync(Example.vxlan().with(Example.peer(2)).snapshot());
    OwnNode none = new OwnNode("n1", List.of(), List.of(Example.ip(1)), Example.mac(1));

    Plan plan = machine.plan(Example.vxlan().with(none).with(Example.peer(2)).snapshot());

    assertThat(machine.diff(plan.desired()))
        .noneMatch(change -> change.action() == dev.tweed.dataplane.Change.Action.REMOVED);
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

    assertThat(reasons(plan)).containsExactly(Reason.SysctlRefused);
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
