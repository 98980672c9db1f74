package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The kernel's network tables, read and written. {@code socket.RtnetlinkSocket} is the real one;
 * tests of callers may bring their own.
 *
 * <p>Every method may throw {@link NetlinkException}; none blocks longer than the implementation's
 * time-out.
 */
public interface Rtnetlink extends AutoCloseable {

  /** All network devices. */
  List<Link> links();

  /** The device with this name, if there is one. */
  Optional<Link> link(String name);

  /** The device with this index, if there is one. */
  Optional<Link> link(int index);

  /** All addresses of all devices, both families. */
  List<Address> addresses();

  /** Routes; those of the kernel's IPv6 exception cache are left out. */
  default List<Route> routes(RouteFilter filter) {
    return routes(filter, route -> true);
  }

  /**
   * As above, and of those what the caller wants to keep, judged one by one as they are read: a
   * table of the internet's routes needs no room.
   */
  List<Route> routes(RouteFilter filter, Predicate<Route> keep);

  /**
   * The routing rules of both families, in order of preference; none of a family for which the
   * kernel has none.
   */
  List<RoutingRule> rules();

  /** All nexthop objects; none when the kernel is older than 5.3 and has no such things. */
  List<NextHopObject> nextHopObjects();

  /** Neighbours on a device, both families; none when the device does not exist. */
  List<Neighbour> neighbours(int linkIndex);

  /** FDB entries of a VXLAN device or bridge port; none when the device does not exist. */
  List<FdbEntry> fdb(int linkIndex);

  /**
   * How this host would send a packet to an address now ({@code ip route get}): device, gateway and
   * source address. Empty when it would not (unreachable, prohibited, blackhole).
   */
  Optional<Route> routeTo(IpAddress destination);

  /**
   * Which entry of the routing tables decides about each of these packets, by the rules and marks
   * that are in force: what {@code ip route get fibmatch} tells, for any number of them at once.
   *
   * @return an answer to each, in the same order
   */
  List<RouteAnswer> ask(List<RouteQuestion> questions);

  /**
   * Applies requests in order. A refused one does not stop those after it. There is no transaction:
   * what was applied before an exception stays.
   */
  BatchResult execute(List<RtRequest> requests);

  /**
   * The netlink port of this socket. A multicast event that carries it was caused by {@link
   * #execute} here.
   */
  int portId();

  @Override
  void close();
}
