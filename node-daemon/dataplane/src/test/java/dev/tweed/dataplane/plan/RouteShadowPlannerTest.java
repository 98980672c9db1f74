package dev.tweed.dataplane.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NextHop;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteQuestion;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.RuleAction;
import dev.tweed.netlink.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read and type, word by word. */
class RouteShadowPlannerTest {
  private static final int BRIDGE = 7;
  private static final RouteProtocol BIRD = new RouteProtocol(12);

  private static final List<Link> LINKS =
      List.of(
          link(2, "eth0", "veth"),
          link(3, "tailscale0", "tun"),
          link(4, "cni0", "bridge"),
          link(5, "a;reboot", "dummy"),
          link(6, "docker0", "bridge"),
          link(BRIDGE, "tweed-br0", "bridge"));

  private static final List<Address> ADDRESSES =
      List.of(
          address(4, "10.244.2.1/24"), address(6, "10.244.2.1/23"), address(5, "10.244.2.9/24"));

  private static final RouteTarget N2 = peer("n2", "10.244.2.0/24");
  private static final RouteTarget N2_6 = peer("n2", "fd00:10:244:2::/64");
  private static final RouteTarget OWN =
      new RouteTarget.OwnBlock(IpPrefix.parse("10.244.1.1/24"), "tweed-br0");
  private static final RouteTarget OWN_6 =
      new RouteTarget.OwnBlock(IpPrefix.parse("fd00:10:244:1::1/64"), "tweed-br0");

  private final RouteShadowPlanner planner =
      new RouteShadowPlanner(
          "tweed-br0",
          List.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:10:244::/48")),
          LINKS,
          ADDRESSES);

  static Stream<Arguments> table() {
    RoutingRule main = RoutingRule.lookup(AddressFamily.IPV4, 32766, 254, RouteProtocol.KERNEL);
    RoutingRule tailscale = RoutingRule.lookup(AddressFamily.IPV4, 5270, 52, RouteProtocol.BOOT);
    RoutingRule full =
        new RoutingRule(
            AddressFamily.IPV6,
            90,
            Optional.of(IpPrefix.parse("fd00:10:244:1::/64")),
            Optional.of(IpPrefix.parse("fd00:10:244::/48")),
            Optional.of("tweed-br0"),
            Optional.empty(),
            0x1,
            0xff,
            true,
            RuleAction.LOOKUP,
            52,
            RouteProtocol.STATIC,
            Set.of("uidrange"));
    return Stream.of(
        row(
            N2,
            both(),
            by(via("10.244.2.0/24", "172.31.78.1", 2), main),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 via 172.31.78.1 dev"
                + " eth0 (protocol static, metric 0) of table main, by rule 32766",
            "ip route del 10.244.2.0/24 via 172.31.78.1 dev eth0 proto 4"),
        row(
            N2,
            both(),
            by(via("10.244.2.0/24", "172.31.78.1", 2).withTable(52), tailscale),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 via 172.31.78.1 dev"
                + " eth0 (protocol static, metric 0) of table 52, by rule 5270",
            "ip route del 10.244.2.0/24 via 172.31.78.1 dev eth0 table 52 proto 4"),
        row(
            N2,
            both(),
            by(Route.through(IpPrefix.parse("10.0.0.0/8"), 3, BIRD).withTable(52), tailscale),
            "packets to block 10.244.2.0/24 of node n2 take route 10.0.0.0/8 dev tailscale0"
                + " (protocol bird, metric 0) of table 52, by rule 5270",
            "ip rule del pref 5270 lookup 52"),
        row(
            N2,
            both(),
            by(
                via("0.0.0.0/0", "192.0.2.9", 2).withTable(52),
                tailscale.withDestination(IpPrefix.parse("10.244.2.64/26"))),
            "packets to 10.244.2.64/26 in block 10.244.2.0/24 of node n2 take route 0.0.0.0/0 via"
                + " 192.0.2.9 dev eth0 (protocol static, metric 0) of table 52, by rule 5270 (to"
                + " 10.244.2.64/26)",
            "ip rule del pref 5270 to 10.244.2.64/26 lookup 52"),
        row(
            N2_6,
            pods(),
            by(via("::/0", "fe80::1", 3).withTable(52).withMetric(1024), full),
            "packets of pods to block fd00:10:244:2::/64 of node n2 take route ::/0 via fe80::1 dev"
                + " tailscale0 (protocol static, metric 1024) of table 52, by rule 90 (not from"
                + " fd00:10:244:1::/64 to fd00:10:244::/48 iif tweed-br0 fwmark 0x1/0xff uidrange)",
            "ip -6 rule del pref 90 not from fd00:10:244:1::/64 to fd00:10:244::/48 iif tweed-br0"
                + " fwmark 0x1/0xff lookup 52"),
        row(
            N2_6,
            both(),
            by(
                Route.dropping(IpPrefix.parse("fd00:10:244:2::/65"), RouteType.BLACKHOLE, BIRD)
                    .withMetric(20)),
            "packets to fd00:10:244:2::/65 in block fd00:10:244:2::/64 of node n2 take route"
                + " blackhole fd00:10:244:2::/65 (protocol bird, metric 20) of table main",
            "ip -6 route del blackhole fd00:10:244:2::/65 metric 20 proto 12"),
        row(
            N2,
            marked(),
            new RouteCause.ByRule(dropping(AddressFamily.IPV4, RuleAction.BLACKHOLE)),
            "packets of this host with the mark 0x4000 (Services, to be masqueraded) to block"
                + " 10.244.2.0/24 of node n2 are dropped by rule 70 (to 10.244.0.0/16 blackhole)",
            "ip rule del pref 70 to 10.244.0.0/16 blackhole"),
        row(
            N2,
            both(),
            by(kernel("10.244.2.0/24", RouteType.UNICAST, 4)),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 dev cni0 (protocol"
                + " kernel, metric 0) of table main",
            "ip link del cni0"),
        row(
            N2,
            both(),
            by(kernel("10.244.2.0/23", RouteType.UNICAST, 6)),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/23 dev docker0"
                + " (protocol kernel, metric 0) of table main",
            "ip address del 10.244.2.1/23 dev docker0"),
        row(
            N2,
            both(),
            by(kernel("10.244.3.255/32", RouteType.LOCAL, 6).withTable(255)),
            "packets to 10.244.3.255/32 in block 10.244.2.0/24 of node n2 take route local"
                + " 10.244.3.255/32 dev docker0 (protocol kernel, metric 0) of table local",
            "ip address del 10.244.2.1/23 dev docker0"),
        // A device's name that a shell would obey is in no command.
        row(
            N2,
            both(),
            by(kernel("10.244.2.0/24", RouteType.UNICAST, 5)),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 dev a?reboot"
                + " (protocol kernel, metric 0) of table main",
            "ip route del 10.244.2.0/24 proto 2"),
        row(
            N2,
            both(),
            by(via("10.244.2.0/24", "fe80::1", 2)),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 via fe80::1 dev eth0"
                + " (protocol static, metric 0) of table main",
            "ip route del 10.244.2.0/24 via inet6 fe80::1 dev eth0 proto 4"),
        row(
            N2,
            both(),
            by(nextHop(via("10.244.2.0/24", "192.0.2.9", 2))),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 via 192.0.2.9 dev"
                + " eth0 (protocol static, metric 0) of table main",
            "ip route del 10.244.2.0/24 nhid 9 proto 4"),
        row(
            N2,
            both(),
            by(multipath("10.244.2.0/24")),
            "packets to block 10.244.2.0/24 of node n2 take route 10.244.2.0/24 (protocol 77, metric"
                + " 5) of table main",
            "ip route del 10.244.2.0/24 metric 5 proto 77"),
        row(
            N2,
            both(),
            new RouteCause.NoRoute(false),
            "packets to block 10.244.2.0/24 of node n2 have no route: no rule leads to the table main",
            "ip rule add pref 32766 lookup main"),
        row(
            N2,
            both(),
            new RouteCause.Unexplained(113),
            "packets to block 10.244.2.0/24 of node n2 are refused by the kernel (EHOSTUNREACH), and"
                + " no route or rule says why",
            "ip route show table all"),
        row(
            new RouteTarget.Outside(AddressFamily.IPV6),
            pods(),
            by(
                Route.dropping(IpPrefix.parse("::/0"), RouteType.PROHIBIT, BIRD).withTable(60),
                full),
            "packets of pods to the outside (asked for 2001:503:ba3e::2:30) take route prohibit ::/0"
                + " (protocol bird, metric 0) of table 60, by rule 90 (not from fd00:10:244:1::/64 to"
                + " fd00:10:244::/48 iif tweed-br0 fwmark 0x1/0xff uidrange)",
            "ip -6 rule del pref 90 not from fd00:10:244:1::/64 to fd00:10:244::/48 iif tweed-br0"
                + " fwmark 0x1/0xff lookup 52"));
  }

  @ParameterizedTest
  @MethodSource("table")
  void aTargetIsToldByItself(RouteShadow shadow, String message, String remedy) {
    List<Finding> findings = planner.plan(List.of(shadow), Map.of(shadow.target().family(), 3L));

    assertThat(findings)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.RouteShadowed);
              assertThat(finding.isBlocking()).isFalse();
              assertThat(finding.message()).isEqualTo(message);
              assertThat(finding.remedy()).isEqualTo(remedy);
            });
  }

  static Stream<Arguments> ownBlocks() {
    return Stream.of(
        row(
            OWN,
            pods(),
            new RouteCause.SourceRefused(),
            "packets of pods to this node's block 10.244.1.0/24 are dropped by the reverse path"
                + " filter: there is a route, but by the routing tables their source does not belong"
                + " behind tweed-br0",
            "sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.tweed-br0.rp_filter=2"),
        row(
            OWN_6,
            pods(),
            new RouteCause.NotForwarded(),
            "packets of pods to this node's block fd00:10:244:1::/64 are not forwarded, though there"
                + " is a route: forwarding is off for tweed-br0",
            "sysctl -w net.ipv6.conf.tweed-br0.forwarding=1"),
        row(
            OWN,
            both(),
            new RouteCause.NoRoute(true),
            "packets to this node's block 10.244.1.0/24 have no route",
            "ip route add 10.244.1.0/24 dev tweed-br0 proto kernel scope link src 10.244.1.1"),
        row(
            OWN_6,
            both(),
            new RouteCause.NoRoute(true),
            "packets to this node's block fd00:10:244:1::/64 have no route",
            "ip -6 route add fd00:10:244:1::/64 dev tweed-br0 proto kernel"));
  }

  @ParameterizedTest
  @MethodSource("ownBlocks")
  void anOwnBlockIsBlocking(RouteShadow shadow, String message, String remedy) {
    List<Finding> findings = planner.plan(List.of(shadow), Map.of(shadow.target().family(), 3L));

    assertThat(findings)
        .containsExactly(new Finding(Reason.RouteShadowed, true, "routes", message, remedy));
  }

  @Test
  void mostPeersAreOneBlockingFindingWithTheMostFrequentCause() {
    RouteCause other = by(via("10.244.2.0/24", "192.0.2.9", 2));
    RouteCause rule = new RouteCause.ByRule(dropping(AddressFamily.IPV4, RuleAction.PROHIBIT));

    List<Finding> findings =
        planner.plan(
            List.of(
                new RouteShadow(N2, both(), other),
                new RouteShadow(peer("n3", "10.244.3.0/24"), both(), rule),
                new RouteShadow(peer("n4", "10.244.4.0/24"), both(), rule)),
            Map.of(AddressFamily.IPV4, 5L));

    assertThat(findings)
        .containsExactly(
            new Finding(
                Reason.RouteShadowed,
                true,
                "routes",
                "packets to 3 of 5 blocks of other nodes do not take the way of the pod network;"
                    + " packets to block 10.244.3.0/24 of node n3 are dropped by rule 70 (to"
                    + " 10.244.0.0/16 prohibit)",
                "ip rule del pref 70 to 10.244.0.0/16 prohibit"));
  }

  @Test
  void mostPeersOfAFamilyAreBlockingThoughTheOtherFamilyIsFree() {
    RouteCause rule = new RouteCause.ByRule(dropping(AddressFamily.IPV4, RuleAction.PROHIBIT));

    List<Finding> findings =
        planner.plan(
            List.of(
                new RouteShadow(N2, both(), rule),
                new RouteShadow(peer("n3", "10.244.3.0/24"), both(), rule)),
            Map.of(AddressFamily.IPV4, 3L, AddressFamily.IPV6, 3L));

    assertThat(findings)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.isBlocking()).isTrue();
              assertThat(finding.message())
                  .startsWith(
                      "packets to 2 of 3 IPv4 blocks of other nodes do not take the way of the pod"
                          + " network; ");
            });
  }

  @Test
  void halfOfThePeersAreToldOneByOne() {
    RouteCause cause = new RouteCause.ByRule(dropping(AddressFamily.IPV4, RuleAction.PROHIBIT));

    List<Finding> findings =
        planner.plan(List.of(new RouteShadow(N2, both(), cause)), Map.of(AddressFamily.IPV4, 2L));

    assertThat(findings).extracting(Finding::object).containsExactly("n2 10.244.2.0/24");
    assertThat(findings).extracting(Finding::isBlocking).containsExactly(false);
  }

  @Test
  void thousandsAreToldByAFewAndTheirNumber() {
    RouteCause cause = new RouteCause.ByRule(dropping(AddressFamily.IPV4, RuleAction.PROHIBIT));

    List<Finding> findings =
        planner.plan(
            IntStream.range(0, 250)
                .mapToObj(i -> new RouteShadow(peer("n" + i, "10.1." + i + ".0/24"), both(), cause))
                .toList(),
            Map.of(AddressFamily.IPV4, 1000L));

    assertThat(findings).hasSize(20).noneMatch(Finding::isBlocking);
    assertThat(findings.getLast().message()).startsWith("231 more blocks; most often: ");
    assertThat(findings.getLast().remedy()).isEqualTo(findings.getFirst().remedy());
  }

  @Test
  void rulesThatAreNotAskedAboutAreThoseOfOtherMarksPortsAndUsers() {
    RoutingRule base = RoutingRule.lookup(AddressFamily.IPV4, 100, 100, RouteProtocol.BOOT);
    RoutingRule mark = base.withMark(0x1, 0xff);
    RoutingRule port =
        new RoutingRule(
            AddressFamily.IPV4,
            101,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            0,
            false,
            RuleAction.LOOKUP,
            100,
            RouteProtocol.BOOT,
            Set.of("dport"));

    assertThat(
            RouteShadowPlanner.notAsked(
                List.of(
                    base,
                    mark,
                    port,
                    base.withMark(0x4000, 0x4000),
                    base.withMark(0, 0x80000),
                    RoutingRule.lookup(AddressFamily.IPV4, 9, 254, RouteProtocol.BOOT)
                        .withMark(1, 1)),
                new RouteProtocol(116),
                List.of(IpPrefix.parse("10.244.1.1/24"))))
        .containsExactly(mark, port);
    assertThat(RouteShadowPlanner.notChecked(List.of(mark, port)).orElseThrow().message())
        .endsWith("100 (fwmark 0x1/0xff lookup 100), 101 (dport lookup 100)");
    assertThat(RouteShadowPlanner.notChecked(List.of())).isEmpty();
  }

  @Test
  void rulesForSomePodsOfThisNodeAreNotAskedAboutEither() {
    List<IpPrefix> own = List.of(IpPrefix.parse("10.244.1.1/24"));
    RoutingRule base = RoutingRule.lookup(AddressFamily.IPV4, 100, 100, RouteProtocol.BOOT);
    RoutingRule pod = base.withSource(IpPrefix.parse("10.244.1.7/32"));
    RoutingRule drops =
        dropping(AddressFamily.IPV4, RuleAction.PROHIBIT)
            .withSource(IpPrefix.parse("10.244.1.128/25"));

    assertThat(
            RouteShadowPlanner.notAsked(
                List.of(
                    pod,
                    drops,
                    dropping(AddressFamily.IPV4, RuleAction.PROHIBIT),
                    base.withSource(IpPrefix.parse("10.244.1.0/24")),
                    base.withSource(IpPrefix.parse("10.244.9.7/32"))),
                new RouteProtocol(116),
                own))
        .containsExactly(pod, drops);
  }

  private static Arguments row(
      RouteTarget target,
      List<RouteQuestion> asked,
      RouteCause cause,
      String message,
      String remedy) {
    return Arguments.of(new RouteShadow(target, asked, cause), message, remedy);
  }

  private static List<RouteQuestion> pods() {
    return List.of(
        new RouteQuestion(
            IpAddress.parse("10.244.2.0"), Optional.of(IpAddress.parse("10.244.1.2")), BRIDGE, 0));
  }

  private static List<RouteQuestion> both() {
    return List.of(pods().getFirst(), RouteQuestion.to(IpAddress.parse("10.244.2.0")));
  }

  private static List<RouteQuestion> marked() {
    return List.of(new RouteQuestion(IpAddress.parse("10.244.2.0"), Optional.empty(), 0, 0x4000));
  }

  private static RouteCause by(Route route) {
    return new RouteCause.ByRoute(route, Optional.empty());
  }

  private static RouteCause by(Route route, RoutingRule rule) {
    return new RouteCause.ByRoute(route, Optional.of(rule));
  }

  private static Route via(String prefix, String gateway, int link) {
    return Route.via(IpPrefix.parse(prefix), IpAddress.parse(gateway), link, RouteProtocol.STATIC);
  }

  private static Route kernel(String prefix, RouteType type, int link) {
    return new Route(
        IpPrefix.parse(prefix),
        Optional.empty(),
        Optional.empty(),
        link,
        0,
        RouteProtocol.KERNEL,
        254,
        Scope.LINK,
        type,
        false,
        Optional.empty(),
        List.of(),
        0,
        0,
        0);
  }

  private static Route nextHop(Route route) {
    return route.withNextHop(9);
  }

  private static Route multipath(String prefix) {
    NextHop way = new NextHop(2, Optional.of(IpAddress.parse("192.0.2.9")), 1, 0);
    return new Route(
        IpPrefix.parse(prefix),
        Optional.empty(),
        Optional.empty(),
        0,
        5,
        new RouteProtocol(77),
        254,
        Scope.UNIVERSE,
        RouteType.UNICAST,
        false,
        Optional.empty(),
        List.of(way, way),
        0,
        0,
        0);
  }

  private static RoutingRule dropping(AddressFamily family, RuleAction action) {
    return new RoutingRule(
        family,
        70,
        Optional.empty(),
        Optional.of(IpPrefix.parse("10.244.0.0/16")),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        false,
        action,
        0,
        RouteProtocol.BOOT,
        Set.of());
  }

  private static RouteTarget peer(String node, String block) {
    IpPrefix prefix = IpPrefix.parse(block);
    return new RouteTarget.PeerBlock(
        node, new PlannedRoute(prefix, prefix.address(), "tweed.1", true, 0));
  }

  static Link link(int index, String name, String kind) {
    return new Link(
        index,
        name,
        Optional.empty(),
        1500,
        1,
        OperState.UP,
        0,
        Optional.empty(),
        Optional.of(kind),
        0,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private static Address address(int link, String prefix) {
    return Address.global(link, IpPrefix.parse(prefix));
  }
}
