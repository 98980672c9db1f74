package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes in the real kernel, with iproute2 as the judge. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkRoutesTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  @Test
  void routesOfEveryKindReadAsIpMadeThem() {
    kernel.netns.sh(
        """
        ip route add 10.1.0.0/16 via 192.0.2.9 metric 4000000000 table 1234
        ip route add 10.2.0.0/16 via inet6 2001:db8::9 dev under0
        ip route add unreachable 10.3.0.0/16
        ip -6 route add blackhole fd01::/16
        ip nexthop add id 7 via 192.0.2.9 dev under0
        ip route add 10.4.0.0/16 nhid 7
        """);

    List<Route> routes = kernel.socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT));

    IpAddress gateway = IpAddress.parse("192.0.2.9");
    assertThat(routes)
        .contains(
            Route.via(IpPrefix.parse("10.1.0.0/16"), gateway, kernel.underlay, RouteProtocol.BOOT)
                .withMetric(4_000_000_000L)
                .withTable(1234),
            Route.via(
                IpPrefix.parse("10.2.0.0/16"),
                IpAddress.parse("2001:db8::9"),
                kernel.underlay,
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
    kernel.netns.sh(
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
    List<Route> before = kernel.socket.routes(made);

    before.forEach(route -> kernel.apply(new RtRequest.RouteDelete(route)));
    assertThat(kernel.socket.routes(made)).isEmpty();
    before.forEach(route -> kernel.apply(new RtRequest.RouteReplace(route)));

    assertThat(kernel.socket.routes(made)).containsExactlyInAnyOrderElementsOf(before).hasSize(6);
  }

  @Test
  void mtuOfARouteIsReadAsWritten() {
    IpAddress six = IpAddress.parse("2001:db8::9");
    Route route =
        Route.through(IpPrefix.parse("10.1.0.0/16"), kernel.underlay, KernelUnderTest.TWEED)
            .withMtu(1400);
    Route viaSix =
        Route.via(IpPrefix.parse("fd01::/64"), six, kernel.underlay, KernelUnderTest.TWEED)
            .withMetric(7)
            .withMtu(1380);

    kernel.apply(new RtRequest.RouteReplace(route), new RtRequest.RouteReplace(viaSix));

    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .containsExactly(route, viaSix);
    assertThat(kernel.netns.exec("ip", "route", "show", "10.1.0.0/16")).contains("mtu 1400");
    assertThat(kernel.netns.exec("ip", "-6", "route", "show", "fd01::/64")).contains("mtu 1380");

    kernel.apply(new RtRequest.RouteReplace(route.withMtu(0)));
    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .containsExactly(route.withMtu(0), viaSix);
  }

  @Test
  void multipathRouteOfOthersCanBeDeleted() {
    kernel.netns.sh(
        "ip route add 10.5.0.0/16 nexthop via 192.0.2.2 nexthop via 192.0.2.3 weight 3");
    Route route = kernel.socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT)).getFirst();

    kernel.apply(new RtRequest.RouteDelete(route));

    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(RouteProtocol.BOOT))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"IPV4, 8", "IPV6, 9"})
  void routesAgreeWithIpInNumber(AddressFamily family, int atLeast) {
    kernel.createVxlan();
    kernel.netns.sh("ip route add 10.1.0.0/16 via 192.0.2.9; ip -6 route add fd03::/16 dev under0");

    List<Route> ours = kernel.socket.routes(RouteFilter.ALL.withFamily(family));

    JsonNode theirs =
        kernel.json(
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
    kernel.netns.sh(
        "ip route add default via 192.0.2.254; ip -6 route add default via 2001:db8::fe");

    Route route = kernel.socket.routeTo(IpAddress.parse(to)).orElseThrow();

    assertThat(route.linkIndex()).isEqualTo(kernel.underlay);
    assertThat(route.gateway().map(IpAddress::toString).orElse(null)).isEqualTo(gateway);
    assertThat(route.preferredSource()).contains(IpAddress.parse(source));
    assertThat(route.type()).isEqualTo(RouteType.UNICAST);
  }

  @ParameterizedTest
  @CsvSource({"203.0.113.1", "10.3.0.1", "10.6.0.1", "10.7.0.1", "fd05::1", "fd01::1", "fd06::1"})
  void lookUpOfTheUnreachableIsEmpty(String to) {
    kernel.netns.sh(
        """
        ip route add unreachable 10.3.0.0/16
        ip route add blackhole 10.6.0.0/16
        ip route add prohibit 10.7.0.0/16
        ip -6 route add blackhole fd01::/16
        ip -6 route add prohibit fd06::/16
        """);

    assertThat(kernel.socket.routeTo(IpAddress.parse(to))).isEmpty();
  }
}
