package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.HostRoutes;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.NftListing;
import dev.tweed.dataplane.plan.NodeFacts;
import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.Rtnetlink;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads what the planner has to know and what may be ours. */
public final class KernelReader {

  /** That of a root name server: far from everybody, and in no range that is routed elsewhere. */
  private static final Map<AddressFamily, IpAddress> OUTSIDE =
      Map.of(
          AddressFamily.IPV4, IpAddress.parse("198.41.0.4"),
          AddressFamily.IPV6, IpAddress.parse("2001:503:ba3e::2:30"));

  private static final RouteFilter ADVERTISED =
      RouteFilter.ALL.withFamily(AddressFamily.IPV6).withProtocol(RouteProtocol.ADVERTISED);

  private final Rtnetlink netlink;
  private final Marks marks;
  private final WayCache ways;
  private final Runnable between;

  /** The nexthop objects of an earlier reading. */
  private Optional<List<NextHopObject>> nextHops = Optional.empty();

  private boolean keptNextHops;
  private final ProbeReader probe;

  /**
   * Reads by this socket; knows our objects by these marks, and the ways to nodes by this.
   *
   * @param podAddresses directory in which the CNI plugin has a file for each address of a pod
   * @param between called before each reading that takes longer the more peers there are
   */
  public KernelReader(
      Rtnetlink netlink, Marks marks, WayCache ways, Path podAddresses, Runnable between) {
    this.between = between;
    this.ways = ways;
    this.netlink = netlink;
    this.marks = marks;
    this.probe = new ProbeReader(netlink, marks, podAddresses);
  }

  /** What the planner has to know for this snapshot. */
  public NodeFacts facts(ClusterSnapshot snapshot) {
    List<Link> links = netlink.links();
    List<Address> addresses = netlink.addresses();
    return new NodeFacts(
        links, addresses, ways(snapshot), probe.facts(snapshot, links), hostRoutes(snapshot));
  }

  /**
   * Where masqueraded packets leave is no matter of the underlay: nodes often have a network among
   * themselves, and another to the outside. A default route that moves is an event.
   */
  private HostRoutes hostRoutes(ClusterSnapshot snapshot) {
    Set<AddressFamily> families =
        snapshot.network().podCidrs().stream().map(IpPrefix::family).collect(Collectors.toSet());
    Set<Integer> outside = new HashSet<>();
    families.stream()
        .flatMap(family -> netlink.routeTo(OUTSIDE.get(family)).stream())
        .filter(route -> route.type().equals(RouteType.UNICAST))
        .forEach(route -> outside.add(route.linkIndex()));
    Set<Integer> advertised = new HashSet<>();
    if (families.contains(AddressFamily.IPV6)) {
      for (Route route : netlink.routes(ADVERTISED)) {
        advertised.add(route.linkIndex());
        route.multipath().forEach(way -> advertised.add(way.linkIndex()));
      }
    }
    return new HostRoutes(outside, advertised);
  }

  /**
   * How this node reaches the addresses that plain routes may go by; none where none are wanted.
   */
  public Map<IpAddress, Route> ways(ClusterSnapshot snapshot) {
    if (!snapshot.network().backend().routesPlainly()) {
      return Map.of();
    }
    Set<IpAddress> gateways = new HashSet<>();
    for (Peer peer : snapshot.peers()) {
      for (IpAddress address : peer.nodeIps()) {
        if (address.family() == peer.block().family()) {
          gateways.add(address);
        }
      }
    }
    return ways.to(gateways);
  }

  /**
   * What the kernel holds that may be ours, with sysctls, rules and filter read elsewhere.
   *
   * @param links all devices
   * @param addresses all addresses
   */
  public ActualState actual(
      List<Link> links,
      List<Address> addresses,
      Map<String, String> sysctls,
      NftListing rules,
      TunnelFilterListing filter) {
    Map<Integer, List<FdbEntry>> fdb = new HashMap<>();
    Map<Integer, List<Neighbour>> neighbours = new HashMap<>();
    for (Link link : links) {
      if (link.vxlan().isPresent() && marks.owns(link)) {
        between.run();
        fdb.put(link.index(), netlink.fdb(link.index()));
        between.run();
        neighbours.put(link.index(), netlink.neighbours(link.index()));
      }
    }
    return new ActualState(
        links,
        addresses,
        fdb,
        neighbours,
        routes(),
        nextHops(),
        probe.state(links),
        sysctls,
        rules,
        filter);
  }

  /** As above, with devices and addresses read anew. */
  public ActualState actual(
      Map<String, String> sysctls, NftListing rules, TunnelFilterListing filter) {
    return actual(netlink.links(), netlink.addresses(), sysctls, rules, filter);
  }

  /**
   * The nexthop objects: to read them costs as much as the routes, so those read before are kept
   * until they may be others. The kernel takes the routes of one that goes along.
   */
  public List<NextHopObject> nextHops() {
    keptNextHops = nextHops.isPresent();
    if (nextHops.isEmpty()) {
      between.run();
      nextHops = Optional.of(netlink.nextHopObjects());
    }
    return nextHops.get();
  }

  /** Whether those given last are of an earlier reading. */
  public boolean hasKeptNextHops() {
    return keptNextHops;
  }

  /** The nexthop objects may be others than before. */
  public void forgetNextHops() {
    nextHops = Optional.empty();
  }

  /**
   * Follows our own writing. What failed of it is a step still, before which they are read anew.
   *
   * @param links the devices there were before
   */
  public void follow(KernelWriter.Outcome outcome, List<Link> links) {
    if (nextHops.isEmpty()) {
      return;
    }
    Map<String, Integer> indexes = new HashMap<>();
    links.forEach(link -> indexes.put(link.name(), link.index()));
    Map<Long, NextHopObject> put = new HashMap<>();
    Set<Long> gone = new HashSet<>();
    for (KernelWriter.Done done : outcome.done()) {
      switch (done.change()) {
        case StateChange.PutRoute change when change.nextHopId() != 0 -> {
          long id = change.nextHopId();
          int index = indexes.getOrDefault(change.route().device(), 0);
          put.put(id, change.route().nextHop(id, index, marks.routeProtocol()));
        }
        case StateChange.RemoveNextHop change -> gone.add(change.nextHop().id());
        default -> {}
      }
    }
    gone.addAll(put.keySet());
    nextHops =
        Optional.of(
            Stream.concat(
                    nextHops.get().stream().filter(object -> !gone.contains(object.id())),
                    put.values().stream())
                .toList());
  }

  /** The main table, in the order of the kernel: of one destination and metric the first counts. */
  public List<Route> table() {
    return netlink.routes(RouteFilter.ALL.withTable(Route.MAIN_TABLE));
  }

  private List<Route> routes() {
    between.run();
    List<Route> routes =
        netlink.routes(
            RouteFilter.ALL.withTable(Route.MAIN_TABLE).withProtocol(marks.routeProtocol()));
    if (routes.stream().noneMatch(KernelReader::namesObjectOnly)) {
      return routes;
    }
    // Such routes do not tell that an object was replaced in place.
    forgetNextHops();
    Map<Long, NextHopObject> objects = new HashMap<>();
    nextHops().forEach(object -> objects.put(object.id(), object));
    return routes.stream()
        .map(
            route ->
                namesObjectOnly(route) && objects.containsKey(route.nextHopId())
                    ? route.withWayOf(objects.get(route.nextHopId()))
                    : route)
        .toList();
  }

  /** As all by nexthop objects do where net.ipv4.nexthop_compat_mode is 0. */
  private static boolean namesObjectOnly(Route route) {
    return route.nextHopId() != 0
        && route.linkIndex() == 0
        && route.gateway().isEmpty()
        && route.multipath().isEmpty();
  }
}
