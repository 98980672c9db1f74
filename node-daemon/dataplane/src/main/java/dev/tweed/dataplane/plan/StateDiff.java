package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.netlink.Address;
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
import dev.tweed.netlink.VxlanInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The steps from actual to desired state, in an order in which each finds what it needs: sysctls of
 * the node, devices and their sysctls, addresses, up, FDB, neighbours, routes, rules. What is no
 * longer wanted goes in reverse after what replaces it, except devices and addresses, which would
 * be in the way.
 */
public final class StateDiff {
  private final DesiredState desired;
  private final ActualState actual;
  private final Marks marks;
  private final List<StateChange> changes = new ArrayList<>();
  private final Map<String, Link> survivors = new HashMap<>();

  private StateDiff(DesiredState desired, ActualState actual, Marks marks) {
    this.desired = desired;
    this.actual = actual;
    this.marks = marks;
  }

  /** The steps in order; empty when the states agree. */
  public static List<StateChange> between(DesiredState desired, ActualState actual, Marks marks) {
    StateDiff diff = new StateDiff(desired, actual, marks);
    diff.nodeSysctls();
    diff.staleLinks();
    diff.devices();
    diff.peers();
    diff.rules();
    return List.copyOf(diff.changes);
  }

  private void nodeSysctls() {
    desired.nodeSysctls().forEach(setting -> sysctl(setting, Optional.empty()));
  }

  private void sysctl(SysctlSetting setting, Optional<String> device) {
    Optional<String> value = actual.sysctl(setting.path());
    boolean needed =
        value
            .map(text -> setting.toWrite(text, actual::sysctl).isPresent())
            .orElse(setting.absence() != SysctlSetting.Absence.FINE);
    if (needed) {
      changes.add(new StateChange.EnsureSysctl(setting, device));
    }
  }

  private void staleLinks() {
    for (Link link : actual.links()) {
      if (!marks.owns(link) || desired.retained().contains(link.name())) {
        continue;
      }
      Optional<TunnelDevice> tunnel = desired.tunnel(link.name());
      boolean isBridge = desired.bridge().filter(b -> b.name().equals(link.name())).isPresent();
      if (tunnel.isEmpty() && !isBridge) {
        changes.add(new StateChange.DeleteLink(link.index(), link.name(), "no longer wanted"));
      }
    }
    for (TunnelDevice tunnel : desired.tunnels()) {
      actual
          .link(tunnel.name())
          .ifPresent(
              link ->
                  incompatibility(tunnel, link)
                      .ifPresentOrElse(
                          why ->
                              changes.add(
                                  new StateChange.DeleteLink(link.index(), link.name(), why)),
                          () -> survivors.put(link.name(), link)));
    }
    desired
        .bridge()
        .flatMap(bridge -> actual.link(bridge.name()))
        .ifPresent(link -> survivors.put(link.name(), link));
  }

  /** What of a VXLAN device differs that cannot be changed while it exists, in words. */
  static Optional<String> incompatibility(TunnelDevice wanted, Link link) {
    Optional<VxlanInfo> vxlan = link.vxlan();
    if (vxlan.isEmpty()) {
      return Optional.of("it is no VXLAN device but " + link.kind().orElse("a plain one"));
    }
    VxlanInfo info = vxlan.get();
    if (info.vni() != wanted.vni()) {
      return differs("VNI", info.vni(), wanted.vni());
    }
    if (info.port() != wanted.port()) {
      return differs("port", info.port(), wanted.port());
    }
    if (!info.local().equals(Optional.of(wanted.local()))) {
      return differs(
          "local address", info.local().map(Object::toString).orElse("none"), wanted.local());
    }
    if (info.lowerIndex() != wanted.lowerIndex()) {
      return differs("underlay device index", info.lowerIndex(), wanted.lowerIndex());
    }
    if (info.remote().isPresent()) {
      return Optional.of("it floods to " + info.remote().get());
    }
    if (info.learning()) {
      return Optional.of("it learns peers from packets");
    }
    if (info.external() || info.proxy() || info.l2miss() || info.l3miss() || info.gbp()) {
      return Optional.of("it has an option (external, proxy, l2miss, l3miss or gbp) we do not use");
    }
    return Optional.empty();
  }

  private static Optional<String> differs(String field, Object is, Object wanted) {
    return Optional.of(field + " is " + is + ", wanted is " + wanted);
  }

  private void devices() {
    for (TunnelDevice tunnel : desired.tunnels()) {
      Optional<Link> link = Optional.ofNullable(survivors.get(tunnel.name()));
      if (link.isEmpty()) {
        changes.add(new StateChange.CreateTunnel(tunnel));
      } else {
        attributes(link.get(), tunnel.mtu(), tunnel.mac(), tunnel.alias(), OptionalInt.of(0));
      }
      configure(tunnel.name(), link, tunnel.addresses());
    }
    desired
        .bridge()
        .ifPresent(
            bridge -> {
              Optional<Link> link = Optional.ofNullable(survivors.get(bridge.name()));
              if (link.isEmpty()) {
                changes.add(new StateChange.CreateBridge(bridge));
              } else {
                attributes(
                    link.get(), bridge.mtu(), bridge.mac(), bridge.alias(), OptionalInt.empty());
              }
              configure(bridge.name(), link, bridge.gateways());
              ports(bridge);
            });
  }

  /**
   * Ports that lost their bridge. Hairpin mode went with the bridge, so it is set when they are
   * attached again, and only then: on a port that is attached it is the CNI plugin's, which sets it
   * once, when it makes the pod. Kept by us as well, it could be set before the plugin is done with
   * the port, and a setting somebody made by hand for one pod would not last.
   */
  private void ports(BridgeDevice bridge) {
    for (Link link : actual.links()) {
      if (link.masterIndex() == 0
          && bridge.ports().contains(link.index())
          && link.kind().equals(Optional.of("veth"))) {
        changes.add(
            new StateChange.AttachPort(link.index(), link.name(), bridge.name(), bridge.hairpin()));
      }
    }
  }

  private void attributes(
      Link link, int mtu, MacAddress mac, String alias, OptionalInt txQueueLength) {
    StateChange.SetLink change =
        new StateChange.SetLink(
            link.name(),
            link.mtu() == mtu ? OptionalInt.empty() : OptionalInt.of(mtu),
            link.mac().equals(Optional.of(mac)) ? Optional.empty() : Optional.of(mac),
            link.alias().equals(Optional.of(alias)) ? Optional.empty() : Optional.of(alias),
            txQueueLength.isPresent() && txQueueLength.getAsInt() != link.txQueueLength()
                ? txQueueLength
                : OptionalInt.empty());
    if (!change.isEmpty()) {
      changes.add(change);
    }
  }

  private void configure(String name, Optional<Link> link, List<IpPrefix> addresses) {
    for (SysctlSetting setting : desired.deviceSysctls().getOrDefault(name, List.of())) {
      if (link.isEmpty()) {
        // The files of a device that is yet to be made have the defaults of the node.
        changes.add(new StateChange.EnsureSysctl(setting, Optional.of(name)));
      } else {
        sysctl(setting, Optional.of(name));
      }
    }
    Set<IpPrefix> present = new HashSet<>();
    link.ifPresent(
        device -> {
          for (Address address : actual.addressesOf(device)) {
            if (address.prefix().address().isLinkLocal()) {
              continue;
            }
            if (addresses.contains(address.prefix())
                && (address.flags() & Address.DAD_FAILED) == 0) {
              present.add(address.prefix());
            } else {
              // Before the additions: an address added to the network of another becomes its
              // secondary, and goes with it.
              changes.add(new StateChange.RemoveAddress(name, address));
            }
          }
        });
    for (IpPrefix prefix : addresses) {
      if (!present.contains(prefix)) {
        changes.add(new StateChange.AddAddress(name, prefix));
      }
    }
    if (link.isEmpty() || !link.get().isUp()) {
      changes.add(new StateChange.SetUp(name));
    }
  }

  private void peers() {
    List<StateChange> stale = new ArrayList<>();
    List<StateChange> neighbours = new ArrayList<>();
    List<StateChange> routes = new ArrayList<>();
    List<StateChange> staleNeighbours = new ArrayList<>();
    List<StateChange> staleFdb = new ArrayList<>();
    for (TunnelDevice tunnel : desired.tunnels()) {
      fdb(tunnel.name(), staleFdb);
      neighbours(tunnel.name(), neighbours, staleNeighbours);
    }
    routes(routes, stale);
    changes.addAll(neighbours);
    changes.addAll(routes);
    changes.addAll(stale);
    changes.addAll(staleNeighbours);
    changes.addAll(staleFdb);
  }

  private void fdb(String device, List<StateChange> stale) {
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
        stale.add(new StateChange.RemoveFdb(device, entry));
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
            changes.add(new StateChange.PutFdb(device, mac, vtep));
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

  private void neighbours(String device, List<StateChange> put, List<StateChange> stale) {
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
        stale.add(new StateChange.RemoveNeighbour(device, neighbour));
      }
    }
    wanted.forEach(
        (address, mac) -> {
          if (!right.contains(address)) {
            put.add(new StateChange.PutNeighbour(device, address, mac));
          }
        });
  }

  private void routes(List<StateChange> put, List<StateChange> stale) {
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
        put.add(new StateChange.PutRoute(wanted));
      }
    }
    unwanted.addAll(present.values());
    Set<Integer> deletedLinks = new HashSet<>();
    for (StateChange change : changes) {
      if (change instanceof StateChange.DeleteLink link) {
        deletedLinks.add(link.index());
      }
    }
    unwanted.stream()
        .sorted(Comparator.comparing(Route::destination).thenComparing(Route::metric))
        // The routes of a device that is about to be deleted vanish with it.
        .filter(route -> !deletedLinks.contains(route.linkIndex()))
        .forEach(route -> stale.add(new StateChange.RemoveRoute(route)));
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
      return Optional.ofNullable(survivors.get(device)).map(Link::index).orElse(0);
    }
    return actual.link(device).map(Link::index).orElse(0);
  }

  private <T> List<T> entries(Map<Integer, List<T>> byIndex, String device) {
    return Optional.ofNullable(survivors.get(device))
        .map(link -> byIndex.getOrDefault(link.index(), List.of()))
        .orElse(List.of());
  }

  private void rules() {
    switch (actual.rules()) {
      case NftListing.Unreadable unreadable -> {
        // Nothing can be said and nothing be done; the planner of findings names it.
      }
      case NftListing.Absent absent ->
          desired
              .rules()
              .ifPresent(
                  rules -> changes.add(new StateChange.ReplaceRules(rules, Change.Action.ADDED)));
      case NftListing.Present present -> {
        if (desired.rules().isEmpty()) {
          changes.add(new StateChange.RemoveRules());
        } else if (!present.has(desired.rules().get())) {
          changes.add(new StateChange.ReplaceRules(desired.rules().get(), Change.Action.CHANGED));
        }
      }
    }
  }
}
