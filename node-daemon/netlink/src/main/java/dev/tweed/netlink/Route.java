package dev.tweed.netlink;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A route (RTM_NEWROUTE). The kernel's key is destination, table and metric; a replacement with
 * another metric is another route.
 *
 * <p>Routes through one device that differ in gateway only are inserted in time proportional to
 * their number each (5,000: 676 ms, with distinct metrics 95 ms), so give each its own metric.
 *
 * @param destination canonical network; {@code 0.0.0.0/0} is the default route
 * @param source network that packets have to come from; empty for all (IPv6 only, and never in an
 *     answer to a question)
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
 * @param mtu bytes of the largest packet that goes this way, 0 for what the device takes; the
 *     kernel stores at most 65520 (ip_metrics_convert() in net/ipv4/metrics.c)
 * @param statusFlags {@code RTNH_F_*} bits that report rather than configure (dead, linkdown,
 *     offloaded); 0 in requests
 */
public record Route(
    IpPrefix destination,
    Optional<IpPrefix> source,
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
    int mtu,
    int statusFlags) {

  /** The table that {@code ip route} shows. */
  public static final long MAIN_TABLE = 254;

  /** The table of the host's own addresses. */
  public static final long LOCAL_TABLE = 255;

  private static final long MAX_U32 = 0xffff_ffffL;

  /** Refuses nulls, host bits in the destination and numbers beyond 32 bits. */
  public Route {
    Objects.requireNonNull(source, "source");
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
    if (mtu < 0) {
      throw new IllegalArgumentException("a route's MTU is 0 or more, not " + mtu);
    }
  }

  /** A plain unicast route through a device; refine it with the {@code with...} methods. */
  public static Route through(IpPrefix destination, int linkIndex, RouteProtocol protocol) {
    Draft draft = new Draft(destination, protocol);
    draft.linkIndex = linkIndex;
    // The kernel refuses scope universe for an IPv4 route without a gateway to reach it by.
    draft.scope = destination.family() == AddressFamily.IPV4 ? Scope.LINK : Scope.UNIVERSE;
    return draft.route();
  }

  /** A unicast route by way of a gateway; device 0 lets the kernel find it. */
  public static Route via(
      IpPrefix destination, IpAddress gateway, int linkIndex, RouteProtocol protocol) {
    Draft draft = new Draft(destination, protocol);
    draft.linkIndex = linkIndex;
    draft.gateway = Optional.of(gateway);
    return draft.route();
  }

  /** A route that drops its packets: {@link RouteType#BLACKHOLE} and its kin. */
  public static Route dropping(IpPrefix destination, RouteType type, RouteProtocol protocol) {
    if (!type.dropsPackets()) {
      throw new IllegalArgumentException("route type " + type + " does not drop packets");
    }
    Draft draft = new Draft(destination, protocol);
    draft.type = type;
    return draft.route();
  }

  /**
   * A route that makes an address this host's own, in {@link #LOCAL_TABLE} unless put into another.
   */
  public static Route local(IpAddress address, int linkIndex, RouteProtocol protocol) {
    Draft draft = new Draft(IpPrefix.host(address), protocol);
    draft.linkIndex = linkIndex;
    draft.type = RouteType.LOCAL;
    draft.table = LOCAL_TABLE;
    draft.scope = address.family() == AddressFamily.IPV4 ? Scope.HOST : Scope.UNIVERSE;
    return draft.route();
  }

  /** The same route with another metric. */
  public Route withMetric(long newMetric) {
    return with(draft -> draft.metric = newMetric);
  }

  /** The same route for packets from these addresses only. */
  public Route withSource(Optional<IpPrefix> newSource) {
    return with(draft -> draft.source = newSource);
  }

  /** The same route in another table. */
  public Route withTable(long newTable) {
    return with(draft -> draft.table = newTable);
  }

  /** The same route with its gateway taken to be on the link. */
  public Route withOnlink() {
    return with(draft -> draft.onlink = true);
  }

  /** The same route with a preferred source address. */
  public Route withPreferredSource(IpAddress source) {
    return with(draft -> draft.preferredSource = Optional.of(source));
  }

  /**
   * The same route by way of a nexthop object. A request then names the object alone, and what is
   * read has the object's device and gateway (fib_nexthop_info() in net/ipv4/fib_semantics.c): give
   * them here too if the two are to be compared.
   */
  public Route withNextHop(long id) {
    return with(draft -> draft.nextHopId = id);
  }

  /**
   * The same route with device and gateway of its nexthop object, for one that was read where
   * net.ipv4.nexthop_compat_mode is 0: it names the object alone (fib_dump_info() in
   * net/ipv4/fib_semantics.c).
   */
  public Route withWayOf(NextHopObject object) {
    return with(
        draft -> {
          draft.linkIndex = object.linkIndex();
          draft.gateway = object.gateway();
          draft.onlink = object.onlink();
        });
  }

  /** The same route for packets of at most so many bytes; 0 is what the device takes. */
  public Route withMtu(int bytes) {
    return with(draft -> draft.mtu = bytes);
  }

  /**
   * What was configured, without what the kernel reports about it: compare wanted and actual routes
   * by this.
   */
  public Route configuration() {
    return statusFlags == 0 ? this : with(draft -> draft.statusFlags = 0);
  }

  private Route with(Consumer<Draft> change) {
    Draft draft = new Draft(destination, protocol);
    draft.source = source;
    draft.gateway = gateway;
    draft.linkIndex = linkIndex;
    draft.metric = metric;
    draft.table = table;
    draft.scope = scope;
    draft.type = type;
    draft.onlink = onlink;
    draft.preferredSource = preferredSource;
    draft.multipath = multipath;
    draft.nextHopId = nextHopId;
    draft.mtu = mtu;
    draft.statusFlags = statusFlags;
    change.accept(draft);
    return draft.route();
  }

  /** The parts of a route under way; unicast in the main table until told otherwise. */
  private static final class Draft {
    final IpPrefix destination;
    final RouteProtocol protocol;
    Optional<IpPrefix> source = Optional.empty();
    Optional<IpAddress> gateway = Optional.empty();
    int linkIndex;
    long metric;
    long table = MAIN_TABLE;
    Scope scope = Scope.UNIVERSE;
    RouteType type = RouteType.UNICAST;
    boolean onlink;
    Optional<IpAddress> preferredSource = Optional.empty();
    List<NextHop> multipath = List.of();
    long nextHopId;
    int mtu;
    int statusFlags;

    Draft(IpPrefix destination, RouteProtocol protocol) {
      this.destination = destination;
      this.protocol = protocol;
    }

    Route route() {
      return new Route(
          destination,
          source,
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
          mtu,
          statusFlags);
    }
  }
}
