package dev.tweed.netlink;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A route (RTM_NEWROUTE). The kernel's key is destination, table and metric; a replacement with
 * another metric is another route.
 *
 * <p>Routes through one device that differ in gateway only are inserted in time proportional to
 * their number each (5,000: 676 ms, with distinct metrics 95 ms), so give each its own metric.
 *
 * @param destination canonical network; {@code 0.0.0.0/0} is the default route
 * @param gateway next router; may be of the other family for an IPv4 route (RFC 5549)
 * @param linkIndex device, 0 when there is none
 * @param metric priority, 0..4294967295, lower wins; IPv6 turns 0 into 1024
 * @param protocol who made it
 * @param table routing table, {@link #MAIN_TABLE} by default
 * @param scope how far it reaches; always {@link Scope#UNIVERSE} for IPv6
 * @param type what it does
 * @param onlink whether the gateway is taken to be on the link although no route says so
 * @param preferredSource source address for packets of this host, if set
 * @param multipath the ways of a multipath route; empty for a plain one
 * @param nextHopId id of a nexthop object, 0 for none
 * @param statusFlags {@code RTNH_F_*} bits that report rather than configure (dead, linkdown,
 *     offloaded); 0 in requests
 */
public record Route(
    IpPrefix destination,
    Optional<IpAddress> gateway,
    int linkIndex,
    long metric,
    RouteProtocol protocol,
    long table,
    Scope scope,
    RouteType type,
    boolean onlink,
    Optional<IpAddress> preferredSource,
    List<NextHop> multipath,
    long nextHopId,
    int statusFlags) {

  /** The table that {@code ip route} shows. */
  public static final long MAIN_TABLE = 254;

  /** The table of the host's own addresses. */
  public static final long LOCAL_TABLE = 255;

  private static final long MAX_U32 = 0xffff_ffffL;

  /** Refuses nulls, host bits in the destination and numbers beyond 32 bits. */
  public Route {
    Objects.requireNonNull(gateway, "gateway");
    Objects.requireNonNull(protocol, "protocol");
    Objects.requireNonNull(scope, "scope");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(preferredSource, "preferredSource");
    multipath = List.copyOf(multipath);
    if (!destination.isCanonical()) {
      throw new IllegalArgumentException(
          "route destination " + destination + " has host bits set; use " + destination.network());
    }
    if (metric < 0 || metric > MAX_U32) {
      throw new IllegalArgumentException("a route metric is 0..4294967295, not " + metric);
    }
    if (table < 0 || table > MAX_U32) {
      throw new IllegalArgumentException("a routing table is 0..4294967295, not " + table);
    }
    if (nextHopId < 0 || nextHopId > MAX_U32) {
      throw new IllegalArgumentException("a nexthop id is 0..4294967295, not " + nextHopId);
    }
  }

  /** A plain unicast route through a device; refine it with the {@code with...} methods. */
  public static Route through(IpPrefix destination, int linkIndex, RouteProtocol protocol) {
    // The kernel refuses scope universe for an IPv4 route without a gateway to reach it by.
    Scope scope = destination.family() == AddressFamily.IPV4 ? Scope.LINK : Scope.UNIVERSE;
    return new Route(
        destination,
        Optional.empty(),
        linkIndex,
        0,
        protocol,
        MAIN_TABLE,
        scope,
        RouteType.UNICAST,
        false,
        Optional.empty(),
        List.of(),
        0,
        0);
  }

  /** A unicast route by way of a gateway; device 0 lets the kernel find it. */
  public static Route via(
      IpPrefix destination, IpAddress gateway, int linkIndex, RouteProtocol protocol) {
    return new Route(
        destination,
        Optional.of(gateway),
        linkIndex,
        0,
        protocol,
        MAIN_TABLE,
        Scope.UNIVERSE,
        RouteType.UNICAST,
        false,
        Optional.empty(),
        List.of(),
        0,
        0);
  }

  /** A route that drops its packets: {@link RouteType#BLACKHOLE} and its kin. */
  public static Route dropping(IpPrefix destination, RouteType type, RouteProtocol protocol) {
    if (!type.dropsPackets()) {
      throw new IllegalArgumentException("route type " + type + " does not drop packets");
    }
    return new Route(
        destination,
        Optional.empty(),
        0,
        0,
        protocol,
        MAIN_TABLE,
        Scope.UNIVERSE,
        type,
        false,
        Optional.empty(),
        List.of(),
        0,
        0);
  }

  /** The same route with another metric. */
  public Route withMetric(long newMetric) {
    return new Route(
        destination,
        gateway,
        linkIndex,
        newMetric,
        protocol,
        table,
        scope,
        type,
        onlink,
        preferredSource,
        multipath,
        nextHopId,
        statusFlags);
  }

  /** The same route in another table. */
  public Route withTable(long newTable) {
    return new Route(
        destination,
        gateway,
        linkIndex,
        metric,
        protocol,
        newTable,
        scope,
        type,
        onlink,
        preferredSource,
        multipath,
        nextHopId,
        statusFlags);
  }

  /** The same route with its gateway taken to be on the link. */
  public Route withOnlink() {
    return new Route(
        destination,
        gateway,
        linkIndex,
        metric,
        protocol,
        table,
        scope,
        type,
        true,
        preferredSource,
        multipath,
        nextHopId,
        statusFlags);
  }

  /** The same route with a preferred source address. */
  public Route withPreferredSource(IpAddress source) {
    return new Route(
        destination,
        gateway,
        linkIndex,
        metric,
        protocol,
        table,
        scope,
        type,
        onlink,
        Optional.of(source),
        multipath,
        nextHopId,
        statusFlags);
  }

  /**
   * What was configured, without what the kernel reports about it: compare wanted and actual routes
   * by this.
   */
  public Route configuration() {
    return statusFlags == 0
        ? this
        : new Route(
            destination,
            gateway,
            linkIndex,
            metric,
            protocol,
            table,
            scope,
            type,
            onlink,
            preferredSource,
            multipath,
            nextHopId,
            0);
  }
}
