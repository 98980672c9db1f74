package dev.tweed.dataplane.plan;

import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
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
import java.util.stream.Stream;

/**
 * The steps to the peers wanted: FDB entries, neighbours and routes of ours. What is no longer
 * wanted goes after what replaces it, in reverse.
 */
final class PeerDiff {

  private final DesiredState desired;
  private final ActualState actual;
  private final Marks marks;
  private final LinkFates fates;
  private final List<StateChange> fdb = new ArrayList<>();
  private final List<StateChange> neighbours = new ArrayList<>();
  private final List<StateChange> routes = new ArrayList<>();
  private final List<StateChange> staleRoutes = new ArrayList<>();
  private final List<StateChange> staleNeighbours = new ArrayList<>();
  private final List<StateChange> staleFdb = new ArrayList<>();

  private PeerDiff(DesiredState desired, ActualState actual, Marks marks, LinkFates fates) {
    this.desired = desired;
    this.actual = actual;
    this.marks = marks;
    this.fates = fates;
  }

  /** The steps in order, after the devices have been made. */
  static List<StateChange> between(
      DesiredState desired, ActualState actual, Marks marks, LinkFates fates) {
    PeerDiff diff = new PeerDiff(desired, actual, marks, fates);
    for (TunnelDevice tunnel : desired.tunnels()) {
      diff.fdb(tunnel.name());
      diff.neighbours(tunnel.name());
    }
    diff.routes();
    return Stream.of(
            diff.fdb,
            diff.neighbours,
            diff.routes,
            diff.staleRoutes,
            diff.staleNeighbours,
            diff.staleFdb)
        .flatMap(List::stream)
        .toList();
  }

  private void fdb(String device) {
    Map<MacAddress, IpAddress> wanted = new LinkedHashMap<>();
    for (PlannedPeer peer : desired.peers()) {
      if (peer.path() instanceof PlannedPeer.Path.Tunnelled path && path.device().equals(device)) {
        wanted.putIfAbsent(path.mac(), path.vtep());
      }
    }
    Set<MacAddress> right = new HashSet<>();
    for (FdbEntry entry : entries(actual.fdb(), device)) {
      IpAddress vtep = wanted.get(entry.mac());
      if (vtep != null && isPlain(entry) && entry.vtep().equals(Optional.of(vtep))) {
        right.add(entry.mac());
      } else if (vtep == null || !isReplaceable(entry)) {
        staleFdb.add(new StateChange.RemoveFdb(device, entry));
      }
    }
    // A replacement clears all destinations of its address, so one that has a wrong one besides the
    // right one is written anew.
    for (FdbEntry entry : entries(actual.fdb(), device)) {
      IpAddress vtep = wanted.get(entry.mac());
      if (vtep != null
          && isReplaceable(entry)
          && !(isPlain(entry) && entry.vtep().equals(Optional.of(vtep)))) {
        right.remove(entry.mac());
      }
    }
    wanted.forEach(
        (mac, vtep) -> {
          if (!right.contains(mac)) {
            fdb.add(new StateChange.PutFdb(device, mac, vtep));
          }
        });
  }

  private static boolean isReplaceable(FdbEntry entry) {
    return !entry.mac().isMulticast() && !entry.mac().isZero();
  }

  private static boolean isPlain(FdbEntry entry) {
    return entry.state().isPermanent()
        && entry.port() == 0
        && entry.vni() == 0
        && entry.viaLinkIndex() == 0;
  }

  private void neighbours(String device) {
    Map<IpAddress, MacAddress> wanted = new LinkedHashMap<>();
    for (PlannedPeer peer : desired.peers()) {
      if (peer.path() instanceof PlannedPeer.Path.Tunnelled path && path.device().equals(device)) {
        wanted.putIfAbsent(peer.block().address(), path.mac());
      }
    }
    Set<IpAddress> right = new HashSet<>();
    for (Neighbour neighbour : entries(actual.neighbours(), device)) {
      MacAddress mac = wanted.get(neighbour.address());
      if (mac != null) {
        if (neighbour.state().equals(NeighbourState.PERMANENT)
            && neighbour.mac().equals(Optional.of(mac))) {
          right.add(neighbour.address());
        }
      } else if (neighbour.state().isPermanent()) {
        // What is not permanent, the kernel made for itself and drops by itself.
        staleNeighbours.add(new StateChange.RemoveNeighbour(device, neighbour));
      }
    }
    wanted.forEach(
        (address, mac) -> {
          if (!right.contains(address)) {
            neighbours.add(new StateChange.PutNeighbour(device, address, mac));
          }
        });
  }

  private void routes() {
    Map<IpPrefix, Route> present = new HashMap<>();
    List<Route> unwanted = new ArrayList<>();
    for (Route route : actual.routes()) {
      if (!marks.owns(route) || leavesByRetained(route)) {
        continue;
      }
      // The metric follows from the destination, so one with another is none of the planned.
      if (route.metric() != PlannedPeer.metric(route.destination())
          || present.putIfAbsent(route.destination(), route) != null) {
        unwanted.add(route);
      }
    }
    Map<String, Integer> indexes = new HashMap<>();
    for (PlannedPeer peer : desired.peers()) {
      PlannedRoute wanted = peer.route();
      Route is = present.remove(wanted.destination());
      int index = indexes.computeIfAbsent(wanted.device(), this::survivingIndex);
      if (index == 0 || is == null || !isAsPlanned(is, wanted, index)) {
        routes.add(new StateChange.PutRoute(wanted));
      }
    }
    unwanted.addAll(present.values());
    unwanted.stream()
        .sorted(Comparator.comparing(Route::destination).thenComparing(Route::metric))
        // The routes of a device that is about to be deleted vanish with it.
        .filter(route -> !fates.goes(route.linkIndex()))
        .forEach(route -> staleRoutes.add(new StateChange.RemoveRoute(route)));
  }

  private static boolean isAsPlanned(Route is, PlannedRoute wanted, int index) {
    return is.linkIndex() == index
        && is.metric() == wanted.metric()
        && is.onlink() == wanted.onlink()
        && is.gateway().isPresent()
        && is.gateway().get().equals(wanted.gateway())
        && is.type().equals(RouteType.UNICAST)
        && is.scope().equals(Scope.UNIVERSE)
        && is.preferredSource().isEmpty()
        && is.multipath().isEmpty()
        && is.nextHopId() == 0;
  }

  private boolean leavesByRetained(Route route) {
    return !desired.retained().isEmpty()
        && actual.links().stream()
            .anyMatch(
                link ->
                    link.index() == route.linkIndex() && desired.retained().contains(link.name()));
  }

  /** Index of a device that stays; 0 when it is yet to be made. */
  private int survivingIndex(String device) {
    if (desired.tunnel(device).isPresent()) {
      return fates.survivor(device).map(Link::index).orElse(0);
    }
    return actual.link(device).map(Link::index).orElse(0);
  }

  private <T> List<T> entries(Map<Integer, List<T>> byIndex, String device) {
    return fates
        .survivor(device)
        .map(link -> byIndex.getOrDefault(link.index(), List.of()))
        .orElse(List.of());
  }
}
