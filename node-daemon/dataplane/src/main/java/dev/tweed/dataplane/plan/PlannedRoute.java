package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.Objects;

/**
 * A route as it should be.
 *
 * @param destination block of a peer
 * @param gateway next router
 * @param device link to it, by name: it may not exist yet
 * @param onlink whether the gateway is taken to be on the link although no route says so
 * @param mtu bytes of the largest packet that may go this way; 0 for what the device takes
 */
public record PlannedRoute(
    IpPrefix destination, IpAddress gateway, String device, boolean onlink, int mtu) {

  private static final long FIRST_NEXT_HOP = 0x7400_0000L;
  private static final long LAST_NEXT_HOP = 0x75ff_ffffL;

  /** Refuses nulls. */
  public PlannedRoute {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(gateway, "gateway");
    Objects.requireNonNull(device, "device");
  }

  /** The metric that loses to none: IPv6 stores 0 as 1024. */
  public static long metric(AddressFamily family) {
    return family == AddressFamily.IPV4 ? 0 : 1;
  }

  /** Its metric, part of the kernel's key. */
  public long metric() {
    return metric(destination.family());
  }

  /**
   * Whether it goes by a nexthop object. The kernel keeps what IPv4 routes have in common in a
   * table hashed by device and metric but not by gateway (fib_info_hashfn() in
   * net/ipv4/fib_semantics.c), so plain routes with one metric through one device all fall into one
   * chain and 5,000 of them take seven times as long to insert. IPv6 has no such table, and an
   * object on a link of the node would be gone with each loss of carrier (nh_netdev_event() in
   * net/ipv4/nexthop.c), which a plain route outlives.
   */
  public boolean usesNextHop() {
    return onlink && destination.family() == AddressFamily.IPV4;
  }

  /** The id its nexthop object has unless another has it; it differs between blocks of a pool. */
  public long preferredNextHop() {
    int hostBits = destination.family().bits() - destination.length();
    // Only the network part counts, and of it the last bits: those differ between blocks.
    long network =
        switch (destination.address()) {
          case Ipv4Address v4 -> (v4.value() & 0xffff_ffffL) >>> hostBits;
          case Ipv6Address v6 when hostBits < 64 -> v6.low() >>> hostBits;
          case Ipv6Address v6 -> hostBits == 128 ? 0 : v6.high() >>> hostBits - 64;
        };
    return FIRST_NEXT_HOP + (network & 0xff_ffff);
  }

  /** Whether a nexthop object of ours may want this id. */
  static boolean mayUse(long nextHopId) {
    return nextHopId >= FIRST_NEXT_HOP && nextHopId <= LAST_NEXT_HOP;
  }

  /** Its nexthop object, once the device's index is known. */
  public NextHopObject nextHop(long id, int linkIndex, RouteProtocol protocol) {
    NextHopObject object = NextHopObject.via(id, gateway, linkIndex, protocol);
    return onlink ? object.withOnlink() : object;
  }

  /** The kernel's form, once the device's index is known; by a nexthop object unless that is 0. */
  public Route on(int linkIndex, RouteProtocol protocol, long nextHopId) {
    Route route =
        Route.via(destination, gateway, linkIndex, protocol).withMetric(metric()).withMtu(mtu);
    return (onlink ? route.withOnlink() : route).withNextHop(nextHopId);
  }
}
