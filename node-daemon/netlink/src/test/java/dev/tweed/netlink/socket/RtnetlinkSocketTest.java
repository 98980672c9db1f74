package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.BridgePortInfo;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.LinkRef;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the real kernel, with iproute2 as the judge. */
@ExtendWith(NetnsExtension.class)
class RtnetlinkSocketTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final RouteProtocol TWEED = new RouteProtocol(116);
  private static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:03");

  private Netns netns;
  private RtnetlinkSocket socket;
  private int underlay;

  @BeforeEach
  void openSocketAndUnderlay(Netns own) {
    netns = own;
    netns.sh(
        """
        ip link add under0 type veth peer name under1
        ip link set under0 up
        ip link set under1 up
        ip addr add 192.0.2.1/24 dev under0
        ip addr add 2001:db8::1/64 dev under0 nodad
        """);
    socket = RtnetlinkSocket.open();
    underlay = socket.link("under0").orElseThrow().index();
  }

  @AfterEach
  void closeSocket() {
    if (socket != null) {
      socket.close();
    }
  }

  private JsonNode json(String... command) {
    try {
      return JSON.readTree(netns.exec(command));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private void apply(RtRequest... requests) {
    BatchResult result = socket.execute(List.of(requests));
    assertThat(result.failures()).isEmpty();
  }

  private int createVxlan() {
    apply(
        new RtRequest.LinkCreateVxlan(
            "tweed.1", OWN_MAC, 1450, 1, 8472, IpAddress.parse("192.0.2.1"), underlay),
        RtRequest.LinkSet.of("tweed.1").withUp(true));
    return socket.link("tweed.1").orElseThrow().index();
  }

  @Test
  void vxlanDeviceIsMadeAsAsked() {
    createVxlan();

    JsonNode link = json("ip", "-j", "-d", "link", "show", "tweed.1").get(0);
    assertThat(link.at("/address").asText()).isEqualTo("02:00:00:00:00:01");
    assertThat(link.at("/mtu").asInt()).isEqualTo(1450);
    assertThat(link.at("/qdisc").asText()).isEqualTo("noqueue");
    assertThat(link.at("/txqlen").asInt()).isZero();
    assertThat(link.at("/flags").toString()).contains("\"UP\"");
    assertThat(link.at("/linkinfo/info_kind").asText()).isEqualTo("vxlan");
    JsonNode data = link.at("/linkinfo/info_data");
    assertThat(data.at("/id").asInt()).isEqualTo(1);
    assertThat(data.at("/local").asText()).isEqualTo("192.0.2.1");
    assertThat(data.at("/link").asText()).isEqualTo("under0");
    assertThat(data.at("/port").asInt()).isEqualTo(8472);
    assertThat(data.at("/learning").asBoolean()).isFalse();
    assertThat(data.at("/udp_csum").asBoolean()).isTrue();
  }

  @Test
  void vxlanDeviceOverIpv6IsReadAsIpMadeIt() {
    netns.exec(
        "ip",
        "link",
        "add",
        "vx6",
        "type",
        "vxlan",
        "id",
        "77",
        "local",
        "2001:db8::1",
        "dev",
        "under0",
        "dstport",
        "4789",
        "group",
        "ff02::77",
        "l2miss",
        "l3miss",
        "proxy");

    var vxlan = socket.link("vx6").flatMap(Link::vxlan).orElseThrow();

    assertThat(vxlan.vni()).isEqualTo(77);
    assertThat(vxlan.port()).isEqualTo(4789);
    assertThat(vxlan.local()).contains(IpAddress.parse("2001:db8::1"));
    assertThat(vxlan.remote()).contains(IpAddress.parse("ff02::77"));
    assertThat(vxlan.lowerIndex()).isEqualTo(underlay);
    assertThat(vxlan.learning()).isTrue();
    assertThat(vxlan.l2miss()).isTrue();
    assertThat(vxlan.l3miss()).isTrue();
    assertThat(vxlan.proxy()).isTrue();
    assertThat(vxlan.external()).isFalse();
  }

  @Test
  void externalVxlanDeviceIsRecognised() {
    netns.exec("ip", "link", "add", "vxe", "type", "vxlan", "external", "dstport", "8472");

    var vxlan = socket.link("vxe").flatMap(Link::vxlan).orElseThrow();

    assertThat(vxlan.external()).isTrue();
    assertThat(vxlan.local()).isEmpty();
  }

  @Test
  void bridgeAndItsPortAreMadeAsAsked() {
    apply(
        new RtRequest.LinkCreateBridge("tweed-br0", OWN_MAC, 1500),
        RtRequest.LinkSet.of("tweed-br0").withMtu(1450)); // set, so that no port changes it
    int bridge = socket.link("tweed-br0").orElseThrow().index();

    apply(
        RtRequest.LinkSet.of(bridge).withUp(true),
        RtRequest.LinkSet.of("under1").withMaster(bridge));

    JsonNode link = json("ip", "-j", "-d", "link", "show", "tweed-br0").get(0);
    assertThat(link.at("/address").asText()).isEqualTo("02:00:00:00:00:01");
    assertThat(link.at("/mtu").asInt()).isEqualTo(1450);
    assertThat(link.at("/linkinfo/info_data/stp_state").asInt()).isZero();
    assertThat(json("ip", "-j", "link", "show", "under1").get(0).at("/master").asText())
        .isEqualTo("tweed-br0");
    assertThat(socket.link("under1").orElseThrow().masterIndex()).isEqualTo(bridge);
  }

  @Test
  void hairpinIsSetReadAndLostWithTheBridge() {
    apply(new RtRequest.LinkCreateBridge("tweed-br0", OWN_MAC, 1450));
    int bridge = socket.link("tweed-br0").orElseThrow().index();
    assertThat(socket.link("under1").orElseThrow().bridgePort()).isEmpty();

    apply(
        RtRequest.LinkSet.of("under1").withMaster(bridge),
        RtRequest.LinkSet.of("under1").withHairpin(true));

    assertThat(socket.link("under1").orElseThrow().bridgePort()).contains(new BridgePortInfo(true));
    assertThat(hairpinByIp("under1")).isTrue();
    assertThat(json("bridge", "-d", "-j", "link", "show", "dev", "under1").get(0).at("/hairpin"))
        .isEqualTo(BooleanNode.TRUE);

    apply(RtRequest.LinkSet.of("under1").withHairpin(false));

    assertThat(socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(false));
    assertThat(hairpinByIp("under1")).isFalse();

    apply(
        RtRequest.LinkSet.of("under1").withHairpin(true),
        RtRequest.LinkSet.of("under1").withMaster(0),
        RtRequest.LinkSet.of("under1").withMaster(bridge));

    assertThat(socket.link("under1").orElseThrow().bridgePort())
        .contains(new BridgePortInfo(false));
  }

  @Test
  void hairpinOfADeviceThatIsNoPortIsRefused() {
    BatchResult result = socket.execute(List.of(RtRequest.LinkSet.of("under1").withHairpin(true)));

    assertThat(result.error(0).orElseThrow().errno()).isEqualTo(Errno.EOPNOTSUPP);
  }

  private boolean hairpinByIp(String port) {
    JsonNode shown =
        json("ip", "-d", "-j", "link", "show", port).get(0).at("/linkinfo/info_slave_data/hairpin");
    assertThat(shown.isBoolean()).as("ip shows hairpin").isTrue();
    return shown.asBoolean();
  }

  @Test
  void linkChangesOnlyWhatIsAsked() {
    apply(RtRequest.LinkSet.of("under1").withAlias("tweed:default").withMtu(1400));
    apply(RtRequest.LinkSet.of("under1").withUp(false));

    Link link = socket.link("under1").orElseThrow();

    assertThat(link.alias()).contains("tweed:default");
    assertThat(link.mtu()).isEqualTo(1400);
    assertThat(link.isUp()).isFalse();
    assertThat(link.operState()).isEqualTo(OperState.DOWN);
    assertThat(netns.exec("ip", "link", "show", "under1")).contains("alias tweed:default");
  }

  @Test
  void emptyAliasRemovesIt() {
    apply(RtRequest.LinkSet.of("under1").withAlias("tweed:default"));

    apply(RtRequest.LinkSet.of("under1").withAlias(""));

    assertThat(socket.link("under1").orElseThrow().alias()).isEmpty();
  }

  @Test
  void linksAgreeWithIp() {
    createVxlan();
    apply(new RtRequest.LinkCreateBridge("tweed-br0", OWN_MAC, 1450));

    List<String> ours =
        socket.links().stream()
            .map(l -> l.index() + " " + l.name() + " " + l.mtu() + " " + l.mac().orElseThrow())
            .toList();

    List<String> theirs = new ArrayList<>();
    for (JsonNode l : json("ip", "-j", "link")) {
      theirs.add(
          l.get("ifindex").asInt()
              + " "
              + l.get("ifname").asText()
              + " "
              + l.get("mtu").asInt()
              + " "
              + l.get("address").asText());
    }
    assertThat(ours).containsExactlyInAnyOrderElementsOf(theirs).hasSize(5);
  }

  @Test
  void missingLinksAreEmpty() {
    assertThat(socket.link("nope")).isEmpty();
    assertThat(socket.link("")).isEmpty();
    assertThat(socket.link("x".repeat(200_000))).isEmpty();
    assertThat(socket.link(9999)).isEmpty();
    assertThat(socket.link(0)).isEmpty();
    assertThat(socket.neighbours(9999)).isEmpty();
    assertThat(socket.fdb(9999)).isEmpty();
    assertThat(socket.routes(RouteFilter.ALL.withLink(9999))).isEmpty();
    assertThat(socket.routes(RouteFilter.ALL.withTable(9999))).isEmpty();
  }

  @Test
  void deletedLinkIsGone() {
    int vxlan = createVxlan();

    apply(new RtRequest.LinkDelete(LinkRef.of(vxlan)));

    assertThat(socket.link(vxlan)).isEmpty();
  }

  @Test
  void addressesAreAddedReadAndDeleted() {
    int vxlan = createVxlan();
    Address own = Address.global(vxlan, IpPrefix.parse("10.244.0.0/32"));
    Address six =
        new Address(
            vxlan,
            IpPrefix.parse("fd00:10:244::/128"),
            Address.NO_DAD | Address.NO_PREFIX_ROUTE,
            dev.tweed.netlink.Scope.UNIVERSE);

    apply(new RtRequest.AddressAdd(own), new RtRequest.AddressAdd(six));

    assertThat(socket.addresses()).anyMatch(own::isSameAs).anyMatch(six::isSameAs);
    assertThat(netns.exec("ip", "addr", "show", "tweed.1"))
        .contains("inet 10.244.0.0/32 scope global tweed.1")
        .contains("inet6 fd00:10:244::/128 scope global nodad noprefixroute");

    apply(new RtRequest.AddressDelete(own), new RtRequest.AddressDelete(six));

    assertThat(socket.addresses()).noneMatch(own::isSameAs).noneMatch(six::isSameAs);
  }

  @Test
  void peerIsProgrammedReadBackEqualAndRemoved() {
    int vxlan = createVxlan();
    IpAddress gateway = IpAddress.parse("10.244.1.0");
    Neighbour neighbour = Neighbour.permanent(vxlan, gateway, PEER_MAC);
    FdbEntry fdb = FdbEntry.permanent(vxlan, PEER_MAC, IpAddress.parse("192.0.2.3"));
    Route route =
        Route.via(IpPrefix.parse("10.244.1.0/24"), gateway, vxlan, TWEED)
            .withMetric(77)
            .withOnlink();

    apply(
        new RtRequest.FdbReplace(fdb),
        new RtRequest.NeighbourReplace(neighbour),
        new RtRequest.RouteReplace(route));

    assertThat(socket.fdb(vxlan)).containsExactly(fdb);
    assertThat(socket.neighbours(vxlan)).contains(neighbour);
    assertThat(socket.routes(RouteFilter.ALL.withProtocol(TWEED))).containsExactly(route);
    assertThat(netns.exec("bridge", "fdb", "show", "dev", "tweed.1"))
        .isEqualToIgnoringWhitespace("02:00:00:00:00:03 dst 192.0.2.3 self permanent");
    assertThat(netns.exec("ip", "neigh", "show", "dev", "tweed.1"))
        .contains("10.244.1.0 lladdr 02:00:00:00:00:03 PERMANENT");
    assertThat(netns.exec("ip", "route", "show", "proto", "116"))
        .isEqualToIgnoringWhitespace("10.244.1.0/24 via 10.244.1.0 dev tweed.1 metric 77 onlink");

    apply(
        new RtRequest.RouteDelete(route),
        new RtRequest.NeighbourDelete(vxlan, gateway),
        new RtRequest.FdbDelete(fdb));

    assertThat(socket.fdb(vxlan)).isEmpty();
    assertThat(socket.neighbours(vxlan)).doesNotContain(neighbour);
    assertThat(socket.routes(RouteFilter.ALL.withProtocol(TWEED))).isEmpty();
  }

  @Test
  void replacementChangesThePeerInPlace() {
    int vxlan = createVxlan();
    apply(
        new RtRequest.FdbReplace(
            FdbEntry.permanent(vxlan, PEER_MAC, IpAddress.parse("192.0.2.3"))));
    FdbEntry moved = FdbEntry.permanent(vxlan, PEER_MAC, IpAddress.parse("192.0.2.4"));

    apply(new RtRequest.FdbReplace(moved));

    assertThat(socket.fdb(vxlan)).containsExactly(moved);
  }

  @Test
  void routesOfEveryKindReadAsIpMadeThem() {
    netns.sh(
        """
        ip route add 10.1.0.0/16 via 192.0.2.9 metric 4000000000 table 1234
        ip route add 10.2.0.0/16 via inet6 2001:db8::9 dev under0
        ip route add unreachable 10.3.0.0/16
        ip -6 route add blackhole fd01::/16
        ip nexthop add id 7 via 192.0.2.9 dev under0
        ip route add 10.4.0.0/16 nhid 7
        """);

    List<Route> routes = socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT));

    IpAddress gateway = IpAddress.parse("192.0.2.9");
    assertThat(routes)
        .contains(
            Route.via(IpPrefix.parse("10.1.0.0/16"), gateway, underlay, RouteProtocol.BOOT)
                .withMetric(4_000_000_000L)
                .withTable(1234),
            Route.via(
                IpPrefix.parse("10.2.0.0/16"),
                IpAddress.parse("2001:db8::9"),
                underlay,
                RouteProtocol.BOOT),
            Route.dropping(
                IpPrefix.parse("10.3.0.0/16"), RouteType.UNREACHABLE, RouteProtocol.BOOT))
        .anySatisfy(
            route -> {
              assertThat(route.destination()).isEqualTo(IpPrefix.parse("fd01::/16"));
              assertThat(route.type()).isEqualTo(RouteType.BLACKHOLE);
            })
        .anySatisfy(
            route -> {
              assertThat(route.destination()).isEqualTo(IpPrefix.parse("10.4.0.0/16"));
              assertThat(route.nextHopId()).isEqualTo(7);
            })
        .hasSize(5);
  }

  @Test
  void everyRouteReadCanBeDeletedAndWrittenBack() {
    netns.sh(
        """
        ip route add 10.1.0.0/16 via 192.0.2.9 metric 40 table 1234
        ip route add 10.2.0.0/16 via inet6 2001:db8::9 dev under0
        ip route add unreachable 10.3.0.0/16
        ip -6 route add blackhole fd01::/16
        ip nexthop add id 7 via 192.0.2.9 dev under0
        ip route add 10.4.0.0/16 nhid 7
        ip -6 route add fd02::/16 via 2001:db8::9
        """);
    RouteFilter made = RouteFilter.ALL.withProtocol(RouteProtocol.BOOT);
    List<Route> before = socket.routes(made);

    before.forEach(route -> apply(new RtRequest.RouteDelete(route)));
    assertThat(socket.routes(made)).isEmpty();
    before.forEach(route -> apply(new RtRequest.RouteReplace(route)));

    assertThat(socket.routes(made)).containsExactlyInAnyOrderElementsOf(before).hasSize(6);
  }

  @Test
  void multipathRouteOfOthersCanBeDeleted() {
    netns.sh("ip route add 10.5.0.0/16 nexthop via 192.0.2.2 nexthop via 192.0.2.3 weight 3");
    Route route = socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT)).getFirst();

    apply(new RtRequest.RouteDelete(route));

    assertThat(socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"IPV4, 8", "IPV6, 9"})
  void routesAgreeWithIpInNumber(AddressFamily family, int atLeast) {
    createVxlan();
    netns.sh("ip route add 10.1.0.0/16 via 192.0.2.9; ip -6 route add fd03::/16 dev under0");

    List<Route> ours = socket.routes(RouteFilter.ALL.withFamily(family));

    JsonNode theirs =
        json(
            "ip",
            family == AddressFamily.IPV4 ? "-4" : "-6",
            "-j",
            "route",
            "show",
            "table",
            "all");
    assertThat(ours).hasSize(theirs.size()).hasSizeGreaterThanOrEqualTo(atLeast - 2);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.77, , 192.0.2.1",
    "198.51.100.1, 192.0.2.254, 192.0.2.1",
    "2001:db8::77, , 2001:db8::1",
    "fd05::1, 2001:db8::fe, 2001:db8::1",
  })
  void lookUpTellsDeviceGatewayAndSource(String to, String gateway, String source) {
    netns.sh("ip route add default via 192.0.2.254; ip -6 route add default via 2001:db8::fe");

    Route route = socket.routeTo(IpAddress.parse(to)).orElseThrow();

    assertThat(route.linkIndex()).isEqualTo(underlay);
    assertThat(route.gateway().map(IpAddress::toString).orElse(null)).isEqualTo(gateway);
    assertThat(route.preferredSource()).contains(IpAddress.parse(source));
    assertThat(route.type()).isEqualTo(RouteType.UNICAST);
  }

  @ParameterizedTest
  @CsvSource({"203.0.113.1", "10.3.0.1", "10.6.0.1", "10.7.0.1", "fd05::1", "fd01::1", "fd06::1"})
  void lookUpOfTheUnreachableIsEmpty(String to) {
    netns.sh(
        """
        ip route add unreachable 10.3.0.0/16
        ip route add blackhole 10.6.0.0/16
        ip route add prohibit 10.7.0.0/16
        ip -6 route add blackhole fd01::/16
        ip -6 route add prohibit fd06::/16
        """);

    assertThat(socket.routeTo(IpAddress.parse(to))).isEmpty();
  }

  @Test
  void oneBadRequestInABatchLeavesTheOthersAndIsExplained() {
    int vxlan = createVxlan();
    List<RtRequest> requests = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      Route route =
          Route.via(
                  IpPrefix.parse("10.244." + i + ".0/24"),
                  IpAddress.parse("10.244." + i + ".0"),
                  vxlan,
                  TWEED)
              .withMetric(i);
      // Without onlink no route leads to the gateway.
      requests.add(new RtRequest.RouteReplace(i == 2 ? route : route.withOnlink()));
    }

    BatchResult result = socket.execute(requests);

    assertThat(result.isOk()).isFalse();
    assertThat(result.failures())
        .singleElement()
        .satisfies(
            failure -> {
              assertThat(failure.position()).isEqualTo(1);
              assertThat(failure.request()).isEqualTo(requests.get(1));
              assertThat(failure.error().errno()).isEqualTo(Errno.ENETUNREACH);
              assertThat(failure.error()).hasToString("ENETUNREACH: Nexthop has invalid gateway");
            });
    assertThat(socket.routes(RouteFilter.ALL.withProtocol(TWEED)))
        .extracting(Route::metric)
        .containsExactlyInAnyOrder(1L, 3L, 4L);
  }

  @Test
  void manyRefusalsInManyBatchesAreEachTold() {
    // Twice what fits one datagram, all refused but every seventh
    List<RtRequest> requests =
        IntStream.range(0, 4000)
            .<RtRequest>mapToObj(
                i ->
                    i % 7 == 0
                        ? new RtRequest.NeighbourReplace(
                            Neighbour.permanent(underlay, IpAddress.parse("192.0.2.9"), PEER_MAC))
                        : new RtRequest.NeighbourDelete(9999, IpAddress.parse("192.0.2.9")))
            .toList();

    BatchResult result = socket.execute(requests);

    assertThat(result.errors()).hasSize(4000 - 572);
    assertThat(result.errors().keySet()).noneMatch(position -> position % 7 == 0);
    assertThat(result.errors().values())
        .allSatisfy(error -> assertThat(error.errno()).isEqualTo(Errno.ENODEV));
  }

  @Test
  void lastRequestOfABatchMayBeTheBadOne() {
    BatchResult result =
        socket.execute(
            List.of(
                RtRequest.LinkSet.of("under1").withMtu(1300),
                new RtRequest.LinkDelete(LinkRef.of("nope"))));

    assertThat(result.error(0)).isEmpty();
    assertThat(result.error(1).orElseThrow().isAlreadyGone()).isTrue();
    assertThat(socket.link("under1").orElseThrow().mtu()).isEqualTo(1300);
  }

  @Test
  void emptyBatchIsFine() {
    assertThat(socket.execute(List.of()).isOk()).isTrue();
  }

  @Test
  void deletingWhatIsGoneIsToldAsSuch() {
    int vxlan = createVxlan();

    BatchResult result =
        socket.execute(
            List.of(
                new RtRequest.NeighbourDelete(vxlan, IpAddress.parse("10.244.9.0")),
                new RtRequest.FdbDelete(
                    FdbEntry.permanent(vxlan, PEER_MAC, IpAddress.parse("192.0.2.9"))),
                new RtRequest.RouteDelete(
                    Route.through(IpPrefix.parse("10.99.0.0/16"), vxlan, TWEED)),
                new RtRequest.AddressDelete(Address.global(vxlan, IpPrefix.parse("10.9.9.9/32"))),
                new RtRequest.LinkDelete(LinkRef.of("nope"))));

    assertThat(result.failures()).hasSize(5).allMatch(f -> f.error().isAlreadyGone());
  }

  @Test
  void addingWhatIsThereIsToldAsSuch() {
    int vxlan = createVxlan();
    Address address = Address.global(vxlan, IpPrefix.parse("10.244.0.0/32"));
    apply(new RtRequest.AddressAdd(address));

    BatchResult result =
        socket.execute(
            List.of(
                new RtRequest.AddressAdd(address),
                new RtRequest.LinkCreateVxlan(
                    "tweed.x", PEER_MAC, 1450, 1, 8472, IpAddress.parse("192.0.2.1"), underlay)));

    assertThat(result.failures()).hasSize(2).allMatch(f -> f.error().isAlreadyThere());
    assertThat(result.error(1).orElseThrow().message())
        .isEqualTo("A VXLAN device with the specified VNI already exists");
  }

  @Test
  void deviceOfAnEarlierRequestCanBeNamedInTheSameBatch() {
    apply(
        new RtRequest.LinkCreateBridge("br9", OWN_MAC, 1500, 116),
        RtRequest.LinkSet.of("br9").withAlias("x").withUp(true));

    Link link = socket.link("br9").orElseThrow();
    assertThat(link.isUp()).isTrue();
    assertThat(link.group()).isEqualTo(116);
  }

  @Test
  void readingUnderChangeMissesNothingOrSaysSo() throws Exception {
    // Given more addresses than fit one datagram of a dump. The kernel resumes by position, so one
    // removed at the front between two datagrams makes it skip another (NLM_F_DUMP_INTR tells).
    int count = 1500;
    List<Address> all =
        IntStream.range(0, count)
            .mapToObj(i -> "10.50." + i / 250 + "." + i % 250 + "/32")
            .map(text -> Address.global(underlay, IpPrefix.parse(text)))
            .toList();
    apply(all.stream().map(RtRequest.AddressAdd::new).toArray(RtRequest[]::new));
    AtomicBoolean stop = new AtomicBoolean();
    try (RtnetlinkSocket writer = RtnetlinkSocket.open()) {
      Thread rotation = Thread.ofPlatform().start(() -> rotate(writer, all, stop));
      int complete = 0;
      try {
        for (int i = 0; i < 100; i++) {
          try {
            List<Address> read = socket.addresses().stream().filter(this::isRotated).toList();
            // Then at most the one being moved is missing
            assertThat(read).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(count - 1);
            complete++;
          } catch (NetlinkException interrupted) {
            assertThat(interrupted.reason()).isEqualTo(NetlinkException.Reason.DUMP_INTERRUPTED);
          }
        }
      } finally {
        stop.set(true);
        rotation.join();
      }
      assertThat(complete).isPositive();
    }
  }

  private boolean isRotated(Address address) {
    return IpPrefix.parse("10.50.0.0/16").contains(address.prefix());
  }

  /** Moves the first address to the end, again and again, with pauses that let a reading finish. */
  private static void rotate(RtnetlinkSocket writer, List<Address> all, AtomicBoolean stop) {
    for (int i = 0; !stop.get(); i = (i + 1) % all.size()) {
      writer.execute(List.of(new RtRequest.AddressDelete(all.get(i))));
      writer.execute(List.of(new RtRequest.AddressAdd(all.get(i))));
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void socketStaysInTheNamespaceItWasOpenedIn() throws Exception {
    // When another thread, which is not in the namespace, uses it
    List<Link> links = CompletableFuture.supplyAsync(socket::links).get();

    assertThat(links).extracting(Link::name).containsExactlyInAnyOrder("lo", "under0", "under1");
  }

  @Test
  void closedSocketSaysSo() {
    socket.close();
    socket.close();

    assertThatThrownBy(() -> socket.links())
        .isInstanceOfSatisfying(
            NetlinkException.class,
            e -> assertThat(e.reason()).isEqualTo(NetlinkException.Reason.CLOSED));
  }
}
