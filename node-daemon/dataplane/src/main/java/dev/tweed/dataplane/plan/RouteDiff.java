package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The steps to the routes wanted and their nexthop objects. A wrong route of ours goes after the
 * right one is there; objects go after their routes, which the kernel would take with them.
 */
final class RouteDiff {

  private final DesiredState desired;
  private final ActualState actual;
  private final Marks marks;
  private final LinkPlan fates;
  private final Set<Integer> retained = new HashSet<>();
  private final List<StateChange> wanted = new ArrayList<>();
  private final List<Route> unwanted = new ArrayList<>();
  private final List<StateChange> stale = new ArrayList<>();

  /** Ids that are in use, by whomever. */
  private final Set<Long> taken = new HashSet<>();

  /** Objects of ours by id. */
  private final Map<Long, NextHopObject> own = new HashMap<>();

  /**
   * Those that no route goes by; another is not reused, or the kernel may take its route for ours.
   */
  private final Map<Way, NextHopObject> idle = new HashMap<>();

  /** Where a nexthop object leads. */
  private record Way(int linkIndex, Optional<IpAddress> gateway, boolean onlink) {}

  private RouteDiff(DesiredState desired, ActualState actual, Marks marks, LinkPlan fates) {
    this.desired = desired;
    this.actual = actual;
    this.marks = marks;
    this.fates = fates;
  }

  static RouteDiff between(DesiredState desired, ActualState actual, Marks marks, LinkPlan fates) {
    RouteDiff diff = new RouteDiff(desired, actual, marks, fates);
    diff.compare();
    return diff;
  }

  /** What to put, in order. */
  List<StateChange> wanted() {
    return wanted;
  }

  /** What to remove after that. */
  List<StateChange> stale() {
    return stale;
  }

  private void compare() {
    for (Link link : actual.links()) {
      if (desired.retained().contains(link.name())) {
        retained.add(link.index());
      }
    }
    for (NextHopObject object : actual.nextHops()) {
      if (fates.goes(object.linkIndex())) {
        continue; // with its device
      }
      if (marks.owns(object) && !retained.contains(object.linkIndex())) {
        own.put(object.id(), object);
      }
    }
    Map<IpPrefix, Route> present = new HashMap<>();
    for (Route route : actual.routes()) {
      if (!marks.owns(route) || retained.contains(route.linkIndex())) {
        continue;
      }
      if (route.source().isPresent()
          || route.metric() != PlannedRoute.metric(route.destination().family())
          || present.putIfAbsent(route.destination(), route) != null) {
        unwanted.add(route);
      }
    }
    List<Long> kept = new ArrayList<>();
    Map<PlannedRoute, Integer> missing = new LinkedHashMap<>();
    Set<IpPrefix> replaced = new HashSet<>();
    Map<String, Integer> indexes = new HashMap<>();
    for (PlannedPeer peer : desired.peers()) {
      PlannedRoute route = peer.route();
      Route is = present.remove(route.destination());
      int index = indexes.computeIfAbsent(route.device(), this::survivingIndex);
      if (index != 0 && is != null && isAsPlanned(is, route, index)) {
        kept.add(is.nextHopId());
        continue;
      }
      missing.put(route, index);
      if (is == null) {
        continue;
      }
      if (route.destination().family() == AddressFamily.IPV6) {
        // The kernel would join the two to one multipath route.
        replaced.add(route.destination());
      } else if (!route.usesNextHop() && isSameWay(is, route, index)) {
        // A removal names the way only and would hit the right one, which comes before it.
        wanted.add(new StateChange.RemoveRoute(is));
      } else {
        unwanted.add(is);
      }
    }
    unwanted.addAll(present.values());
    unwanted.stream()
        .sorted(Comparator.comparing(Route::destination).thenComparing(Route::metric))
        // The routes of a device that is about to be deleted vanish with it.
        .filter(route -> !fates.goes(route.linkIndex()))
        .forEach(route -> stale.add(new StateChange.RemoveRoute(route)));

    kept.forEach(own::remove);
    if (!missing.isEmpty()) {
      findIds();
    }
    missing.forEach(
        (route, index) ->
            wanted.add(
                new StateChange.PutRoute(
                    route,
                    route.usesNextHop() ? nextHop(route, index) : 0,
                    replaced.contains(route.destination()))));
    own.values().stream()
        .sorted(Comparator.comparing(NextHopObject::id))
        .forEach(object -> stale.add(new StateChange.RemoveNextHop(object)));
  }

  /** What objects of routes to be put may have for ids. */
  private void findIds() {
    actual.nextHops().stream()
        .filter(object -> !fates.goes(object.linkIndex()))
        .forEach(object -> taken.add(object.id()));
    Set<Long> used = new HashSet<>();
    actual.routes().forEach(route -> used.add(route.nextHopId()));
    for (NextHopObject object : own.values()) {
      if (!used.contains(object.id()) && !object.group()) {
        idle.merge(
            new Way(object.linkIndex(), object.gateway(), object.onlink()),
            object,
            (one, other) -> one.id() < other.id() ? one : other);
      }
    }
  }

  /** The id for the object of a route to be put: of one that is there, or the next that is free. */
  private long nextHop(PlannedRoute route, int index) {
    NextHopObject existing =
        idle.remove(new Way(index, Optional.of(route.gateway()), route.onlink()));
    if (existing != null) {
      own.remove(existing.id());
      return existing.id();
    }
    long id = route.preferredNextHop();
    while (!taken.add(id)) {
      id++;
    }
    return id;
  }

  private boolean isAsPlanned(Route is, PlannedRoute wanted, int index) {
    return isSameWay(is, wanted, index)
        && is.metric() == wanted.metric()
        && is.onlink() == wanted.onlink()
        && is.mtu() == wanted.mtu()
        && is.type().equals(RouteType.UNICAST)
        && is.scope().equals(Scope.UNIVERSE)
        && is.preferredSource().isEmpty()
        && is.multipath().isEmpty()
        && (wanted.usesNextHop() ? own.containsKey(is.nextHopId()) : is.nextHopId() == 0);
  }

  private static boolean isSameWay(Route is, PlannedRoute wanted, int index) {
    return is.linkIndex() == index && is.gateway().equals(Optional.of(wanted.gateway()));
  }

  /** Index of a device that stays; 0 when it is yet to be made. */
  private int survivingIndex(String device) {
    if (desired.tunnel(device).isPresent()) {
      return fates.survivor(device).map(Link::index).orElse(0);
    }
    return actual.link(device).map(Link::index).orElse(0);
  }
}
