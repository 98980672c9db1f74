package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which peers are planned, and by which tunnel. */
class PeerPlanTest {
  private final Machine machine = Machine.with("192.0.2.1/24", "2001:db8::1/64");

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
    List<Peer> all = new ArrayList<>(List.of(good));
    all.addAll(hostile);

    Plan plan = machine.plan(Example.vxlan().with(all).snapshot());

    assertThat(plan.desired().peers()).extracting(PlannedPeer::node).containsExactly("n2");
    assertThat(plan.findings())
        .extracting(Finding::reason)
        .hasSize(hostile.size())
        .containsOnly(Reason.InvalidPeer);
    Golden.assertMatches("findings-hostile-peers.txt", PlanText.findings(plan.findings()));
  }

  @ParameterizedTest
  @CsvSource({
    "1400, 1400, 1400",
    "1450, 0, 0",
    "9000, 0, 0",
    "0, 0, 0",
    "-1400, 0, 0",
    "575, 0, 0",
    "576, 576, 0",
    "1279, 1279, 0",
    "1280, 1280, 1280",
    "2147483647, 0, 0",
    "-2147483648, 0, 0"
  })
  void whatAPeersPodsTakeIsTheMtuOfItsRouteWhereItIsLess(int mtu, int ipv4, int ipv6) {
    Peer four = Example.peer(2);
    Peer six = Example.peer6(2);

    Plan plan =
        machine.plan(
            Example.vxlan()
                .dualStack()
                .with(
                    new Peer(four.node(), four.block(), four.nodeIps(), four.vtepMac(), mtu),
                    new Peer(six.node(), six.block(), six.nodeIps(), six.vtepMac(), mtu))
                .snapshot());

    assertThat(plan.podMtu()).isEqualTo(1450);
    assertThat(plan.desired().peers())
        .extracting(peer -> peer.route().mtu())
        .containsExactly(ipv4, ipv6);
  }

  @ParameterizedTest
  @CsvSource({"wireguard, 0x91", "ipip, 0x81", "tun, 0x1091", "dummy, 0x1", "loopback, 0x9"})
  void aDeviceWithoutNeighboursIsNoLinkOfTwoNodes(String kind, String flags) {
    Link link = machine.add("x0", Optional.of(kind), 1420, Integer.decode(flags));
    machine.routesTo.put(
        Example.ip(2),
        Route.through(IpPrefix.parse("192.0.2.0/24"), link.index(), RouteProtocol.KERNEL));

    Plan plan =
        machine.plan(
            Example.vxlan()
                .with(new Backend.Vxlan(1, 8472, true))
                .with(Example.peer(2))
                .snapshot());

    assertThat(plan.desired().peers())
        .extracting(peer -> peer.path().device())
        .containsExactly("tweed.1");
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
        .containsExactly(tuple("tweed.1", "192.0.2.1"), tuple("tweed6.1", "2001:db8::1"));
    assertThat(plan.desired().peers())
        .extracting(peer -> peer.path().device())
        .containsExactly("tweed.1", "tweed6.1");
    assertThat(plan.podMtu()).as("the others do not suffer").isEqualTo(1450);
    assertThat(plan.desired().tunnels()).extracting(TunnelDevice::mtu).containsExactly(1450, 1430);
  }
}
