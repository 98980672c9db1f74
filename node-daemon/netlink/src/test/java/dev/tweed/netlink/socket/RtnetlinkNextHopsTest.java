package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.codec.Rt;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nexthop objects, and routes before their equals, in the real kernel. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkNextHopsTest {
  private static final IpAddress GATEWAY = IpAddress.parse("192.0.2.9");

  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  private NextHopObject object(String gateway) {
    return NextHopObject.via(7, IpAddress.parse(gateway), kernel.underlay, KernelUnderTest.TWEED);
  }

  private Route byObject(String destination) {
    return Route.via(IpPrefix.parse(destination), GATEWAY, kernel.underlay, KernelUnderTest.TWEED)
        .withNextHop(7);
  }

  @Test
  void objectsAreMadeReplacedReadAndRemoved() {
    NextHopObject onlink = object("203.0.113.1").withOnlink();
    NextHopObject six =
        NextHopObject.via(
            4_000_000_000L, IpAddress.parse("2001:db8::9"), kernel.underlay, KernelUnderTest.TWEED);
    NextHopObject device =
        NextHopObject.through(8, AddressFamily.IPV4, kernel.underlay, KernelUnderTest.TWEED);

    kernel.apply(
        new RtRequest.NextHopReplace(object("192.0.2.9")),
        new RtRequest.NextHopReplace(onlink),
        new RtRequest.NextHopReplace(device),
        new RtRequest.NextHopReplace(six));

    assertThat(kernel.socket.nextHopObjects()).containsExactly(onlink, device, six);
    assertThat(kernel.netns.exec("ip", "nexthop", "show", "id", "7"))
        .contains("via 203.0.113.1 dev under0", "onlink", "116");

    kernel.apply(new RtRequest.NextHopDelete(7), new RtRequest.NextHopDelete(4_000_000_000L));

    assertThat(kernel.socket.nextHopObjects()).containsExactly(device);
    assertThat(
            kernel.socket.execute(List.of(new RtRequest.NextHopDelete(7))).error(0).orElseThrow())
        .satisfies(error -> assertThat(error.isAlreadyGone()).isTrue());
  }

  @Test
  void groupsOfOthersAreRead() {
    kernel.netns.sh(
        "ip nexthop add id 1 via 192.0.2.9 dev under0; ip nexthop add id 2 group 1;"
            + " ip nexthop add id 3 blackhole");

    assertThat(kernel.socket.nextHopObjects())
        .extracting(NextHopObject::id, NextHopObject::group)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, false),
            org.assertj.core.groups.Tuple.tuple(2L, true),
            org.assertj.core.groups.Tuple.tuple(3L, true));
  }

  @Test
  void routesByAnObjectReadAsWrittenFollowItAndGoWithIt() {
    Route route = byObject("10.1.0.0/16");
    kernel.apply(new RtRequest.NextHopReplace(object("192.0.2.9")), new RtRequest.RouteAdd(route));

    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .containsExactly(route);

    kernel.apply(new RtRequest.NextHopReplace(object("192.0.2.10")));
    assertThat(kernel.socket.routeTo(IpAddress.parse("10.1.0.1")).orElseThrow().gateway())
        .contains(IpAddress.parse("192.0.2.10"));

    kernel.apply(new RtRequest.NextHopDelete(7));
    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED))).isEmpty();
  }

  @Test
  void routeIsAddedBeforeAnEqualOne() {
    kernel.netns.sh("ip route add 10.1.0.0/16 via 192.0.2.3");
    kernel.apply(new RtRequest.NextHopReplace(object("192.0.2.9")));

    kernel.apply(new RtRequest.RouteAdd(byObject("10.1.0.0/16")));

    assertThat(kernel.netns.exec("ip", "route", "show", "10.1.0.0/16").lines())
        .satisfiesExactly(
            ours -> assertThat(ours).contains("nhid 7 via 192.0.2.9"),
            theirs -> assertThat(theirs).contains("via 192.0.2.3"));
    assertThat(kernel.socket.routeTo(IpAddress.parse("10.1.0.1")).orElseThrow().gateway())
        .contains(GATEWAY);
    assertThat(
            kernel
                .socket
                .execute(List.of(new RtRequest.RouteAdd(byObject("10.1.0.0/16"))))
                .error(0)
                .orElseThrow()
                .errno())
        .isEqualTo(Errno.EEXIST);

    kernel.apply(new RtRequest.RouteDelete(byObject("10.1.0.0/16")));
    assertThat(kernel.socket.routeTo(IpAddress.parse("10.1.0.1")).orElseThrow().gateway())
        .contains(IpAddress.parse("192.0.2.3"));
  }

  @Test
  void routeIsAddedBeforeAConnectedOne() {
    kernel.apply(
        new RtRequest.NextHopReplace(object("192.0.2.9")),
        new RtRequest.RouteAdd(byObject("192.0.2.0/24")));

    assertThat(kernel.socket.routeTo(IpAddress.parse("192.0.2.77")).orElseThrow().gateway())
        .contains(GATEWAY);
    assertThat(kernel.netns.exec("ip", "route", "show", "192.0.2.0/24").lines()).hasSize(2);
  }

  @Test
  void anyAddressCanBeMadeLocalInAnyTable() {
    Route own =
        Route.local(IpAddress.parse("198.51.100.7"), kernel.underlay, KernelUnderTest.TWEED);
    Route six = Route.local(IpAddress.parse("fd07::7"), kernel.underlay, KernelUnderTest.TWEED);
    Route elsewhere = own.withTable(4321);

    kernel.apply(
        new RtRequest.RouteAdd(own),
        new RtRequest.RouteAdd(six.withMetric(1024)),
        new RtRequest.RouteAdd(elsewhere));

    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .containsExactlyInAnyOrder(own, six.withMetric(1024), elsewhere);
  }

  /** As a kernel older than 5.3 for nexthop objects: the number is free there, and not refused. */
  @Test
  void aGroupThatTheKernelDoesNotHaveIsJoined() {
    NetlinkDescriptor descriptor = NetlinkDescriptor.open(Rt.NETLINK_NETFILTER, 1 << 16, 1 << 16);
    try {
      descriptor.join(Rt.RTNLGRP_NEXTHOP);
    } finally {
      descriptor.close();
    }
  }
}
