package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Scope;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsExtension;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Addresses, FDB entries and neighbours in the real kernel, with iproute2 as the judge. */
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
class RtnetlinkPeersTest {
  @AutoClose private KernelUnderTest kernel;

  @BeforeEach
  void open(Netns netns) {
    kernel = new KernelUnderTest(netns);
  }

  @Test
  void addressesAreAddedReadAndDeleted() {
    int vxlan = kernel.createVxlan();
    Address own = Address.global(vxlan, IpPrefix.parse("10.244.0.0/32"));
    Address six =
        new Address(
            vxlan,
            IpPrefix.parse("fd00:10:244::/128"),
            Address.NO_DAD | Address.NO_PREFIX_ROUTE,
            Scope.UNIVERSE);

    kernel.apply(new RtRequest.AddressAdd(own), new RtRequest.AddressAdd(six));

    assertThat(kernel.socket.addresses()).anyMatch(own::isSameAs).anyMatch(six::isSameAs);
    assertThat(kernel.netns.exec("ip", "addr", "show", "tweed.1"))
        .contains("inet 10.244.0.0/32 scope global tweed.1")
        .contains("inet6 fd00:10:244::/128 scope global nodad noprefixroute");

    kernel.apply(new RtRequest.AddressDelete(own), new RtRequest.AddressDelete(six));

    assertThat(kernel.socket.addresses()).noneMatch(own::isSameAs).noneMatch(six::isSameAs);
  }

  @Test
  void peerIsProgrammedReadBackEqualAndRemoved() {
    int vxlan = kernel.createVxlan();
    IpAddress gateway = IpAddress.parse("10.244.1.0");
    Neighbour neighbour = Neighbour.permanent(vxlan, gateway, KernelUnderTest.PEER_MAC);
    FdbEntry fdb =
        FdbEntry.permanent(vxlan, KernelUnderTest.PEER_MAC, IpAddress.parse("192.0.2.3"));
    Route route =
        Route.via(IpPrefix.parse("10.244.1.0/24"), gateway, vxlan, KernelUnderTest.TWEED)
            .withMetric(77)
            .withOnlink();

    kernel.apply(
        new RtRequest.FdbReplace(fdb),
        new RtRequest.NeighbourReplace(neighbour),
        new RtRequest.RouteReplace(route));

    assertThat(kernel.socket.fdb(vxlan)).containsExactly(fdb);
    assertThat(kernel.socket.neighbours(vxlan)).contains(neighbour);
    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED)))
        .containsExactly(route);
    assertThat(kernel.netns.exec("bridge", "fdb", "show", "dev", "tweed.1"))
        .isEqualToIgnoringWhitespace("02:00:00:00:00:03 dst 192.0.2.3 self permanent");
    assertThat(kernel.netns.exec("ip", "neigh", "show", "dev", "tweed.1"))
        .contains("10.244.1.0 lladdr 02:00:00:00:00:03 PERMANENT");
    assertThat(kernel.netns.exec("ip", "route", "show", "proto", "116"))
        .isEqualToIgnoringWhitespace("10.244.1.0/24 via 10.244.1.0 dev tweed.1 metric 77 onlink");

    kernel.apply(
        new RtRequest.RouteDelete(route),
        new RtRequest.NeighbourDelete(vxlan, gateway),
        new RtRequest.FdbDelete(fdb));

    assertThat(kernel.socket.fdb(vxlan)).isEmpty();
    assertThat(kernel.socket.neighbours(vxlan)).doesNotContain(neighbour);
    assertThat(kernel.socket.routes(RouteFilter.ALL.withProtocol(KernelUnderTest.TWEED))).isEmpty();
  }

  @Test
  void replacementChangesThePeerInPlace() {
    int vxlan = kernel.createVxlan();
    kernel.apply(
        new RtRequest.FdbReplace(
            FdbEntry.permanent(vxlan, KernelUnderTest.PEER_MAC, IpAddress.parse("192.0.2.3"))));
    FdbEntry moved =
        FdbEntry.permanent(vxlan, KernelUnderTest.PEER_MAC, IpAddress.parse("192.0.2.4"));

    kernel.apply(new RtRequest.FdbReplace(moved));

    assertThat(kernel.socket.fdb(vxlan)).containsExactly(moved);
  }
}
