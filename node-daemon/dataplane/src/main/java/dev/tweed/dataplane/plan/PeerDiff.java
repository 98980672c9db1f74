package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import java.util.ArrayList;
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
  private final LinkPlan fates;
  private final List<StateChange> fdb = new ArrayList<>();
  private final List<StateChange> neighbours = new ArrayList<>();
  private final List<StateChange> staleNeighbours = new ArrayList<>();
  private final List<StateChange> staleFdb = new ArrayList<>();

  private PeerDiff(DesiredState desired, ActualState actual, LinkPlan fates) {
    this.desired = desired;
    this.actual = actual;
    this.fates = fates;
  }

  /** The steps in order, after the devices have been made. */
  static List<StateChange> between(
      DesiredState desired, ActualState actual, Marks marks, LinkPlan fates) {
    PeerDiff diff = new PeerDiff(desired, actual, fates);
    for (TunnelDevice tunnel : desired.tunnels()) {
      diff.fdb(tunnel.name());
      diff.neighbours(tunnel.name());
    }
    RouteDiff routes = RouteDiff.between(desired, actual, marks, fates);
    return Stream.of(
            diff.fdb,
            diff.neighbours,
            routes.wanted(),
            routes.stale(),
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
        wanted.putIfAbsent(peer.route().gateway(), path.mac());
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

  private <T> List<T> entries(Map<Integer, List<T>> byIndex, String device) {
    return fates
        .survivor(device)
        .map(link -> byIndex.getOrDefault(link.index(), List.of()))
        .orElse(List.of());
  }
}
