package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which kernel events are worth another sync: those that may have undone what was planned or
 * changed the facts the plan rests on. Pods come and go with events of their own, which must not
 * cost anything.
 */
public final class EventFilter {
  private final Marks marks;
  private final DesiredState desired;
  private final Map<Integer, Link> underlays = new HashMap<>();
  private final Set<Integer> tunnels = new HashSet<>();
  private final Map<Integer, String> devices = new HashMap<>();
  private final Set<IpAddress> nodeIps = new HashSet<>();
  private final boolean translated;
  private final boolean complete;
  private final ProbeEventFilter probe;
  private final List<IpPrefix> pools;
  private final String bridge;

  /** Addresses of nodes that plain routes go by, or may. */
  private final Set<IpPrefix> gateways = new HashSet<>();

  // Filled when first needed, which on a quiet node is never.
  private final Map<IpAddress, MacAddress> neighbours = new HashMap<>();
  private final Map<MacAddress, IpAddress> vteps = new HashMap<>();
  private final Set<IpPrefix> destinations = new HashSet<>();

  // Of peers that came since, told by another thread.
  private final Map<IpAddress, MacAddress> newNeighbours =
      Collections.synchronizedMap(new HashMap<>());
  private final Map<MacAddress, IpAddress> newVteps = Collections.synchronizedMap(new HashMap<>());
  private final Set<IpPrefix> newDestinations = Collections.synchronizedSet(new HashSet<>());

  /**
   * For what a sync wanted and found.
   *
   * @param snapshot what it was asked for
   * @param plan what it wanted
   * @param links the devices it found at its end
   */
  public EventFilter(Marks marks, ClusterSnapshot snapshot, Plan plan, List<Link> links) {
    this.marks = marks;
    this.desired = plan.desired();
    this.nodeIps.addAll(snapshot.self().nodeIps());
    this.translated =
        snapshot.self().nodeIps().stream().anyMatch(snapshot.network().translated()::contains);
    // Which stand for the others where those are translated.
    desired.tunnels().forEach(tunnel -> nodeIps.add(tunnel.local()));
    this.pools = snapshot.network().podCidrs();
    this.bridge = snapshot.network().bridgeName();
    Set<Integer> lower = new HashSet<>();
    desired.tunnels().forEach(tunnel -> lower.add(tunnel.lowerIndex()));
    Optional<String> underlay = plan.underlay().map(way -> way.device());
    Set<String> direct = new HashSet<>();
    for (PlannedPeer peer : desired.peers()) {
      if (peer.path() instanceof PlannedPeer.Path.Direct path) {
        direct.add(path.device());
      }
    }
    for (Link link : links) {
      if (direct.contains(link.name())
          || lower.contains(link.index())
          || underlay.equals(Optional.of(link.name()))) {
        underlays.put(link.index(), link);
      }
      if (desired.tunnel(link.name()).isPresent()) {
        tunnels.add(link.index());
        devices.put(link.index(), link.name());
      }
      if (desired.bridge().filter(bridge -> bridge.name().equals(link.name())).isPresent()) {
        devices.put(link.index(), link.name());
      }
    }
    this.probe = new ProbeEventFilter(marks, desired, links);
    if (snapshot.network().backend().routesPlainly()) {
      for (Peer peer : snapshot.peers()) {
        peer.nodeIps().stream()
            .filter(address -> address.family() == peer.block().family())
            .forEach(address -> gateways.add(IpPrefix.host(address)));
      }
    }
    // While something is in the way, any device or address may be its removal.
    this.complete = plan.isComplete();
  }

  /** From now on this peer is planned, too. */
  public void expect(PlannedPeer peer) {
    newDestinations.add(peer.block());
    if (peer.path() instanceof PlannedPeer.Path.Tunnelled path) {
      newNeighbours.put(peer.route().gateway(), path.mac());
      newVteps.put(path.mac(), path.vtep());
    }
  }

  /** Whether an event that we did not cause ourselves calls for a sync. */
  public boolean concerns(NetlinkEvent event) {
    if (probe.concerns(event)) {
      return true;
    }
    return switch (event) {
      case NetlinkEvent.EventsLost lost -> true;
      case NetlinkEvent.SettingChanged _ -> false; // sysctls are looked at
      case NetlinkEvent.LinkChanged change -> concerns(change.link(), change.removed());
      case NetlinkEvent.AddressChanged change ->
          concerns(change.address().prefix(), change.address().linkIndex(), change.removed());
      case NetlinkEvent.RouteChanged change -> concerns(change.route());
      case NetlinkEvent.RuleChanged change -> !gateways.isEmpty();
      case NetlinkEvent.NextHopChanged change ->
          marks.owns(change.object()) || PlannedRoute.mayUse(change.object().id());
      case NetlinkEvent.NeighbourChanged change ->
          tunnels.contains(change.neighbour().linkIndex())
              && concerns(change.neighbour(), change.removed());
      case NetlinkEvent.FdbChanged change ->
          tunnels.contains(change.entry().linkIndex())
              && concerns(change.entry(), change.removed());
      case NetlinkEvent.NftablesChanged change ->
          change.tables().contains("tweed")
              || change.tables().contains(TunnelFilterCompiler.TABLE.name());
    };
  }

  /** Whether an event may mean that packets of the pod network take another way than before. */
  public boolean mayShadow(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.EventsLost lost -> true;
      case NetlinkEvent.RuleChanged change ->
          !change.rule().protocol().equals(marks.routeProtocol());
      case NetlinkEvent.RouteChanged change -> mayShadow(change.route(), change.removed());
      default -> false;
    };
  }

  private boolean mayShadow(Route route, boolean removed) {
    if (route.protocol().equals(marks.routeProtocol())) {
      return false;
    }
    // Those that the kernel makes for our own devices, which may be in the making.
    if (!removed
        && route.protocol().equals(RouteProtocol.KERNEL)
        && (devices.containsKey(route.linkIndex())
            || !devices.containsValue(bridge) && isOwn(route.destination()))) {
      return false;
    }
    return route.destination().length() == 0
        || pools.stream().anyMatch(route.destination()::overlaps);
  }

  private boolean isOwn(IpPrefix prefix) {
    return desired.bridge().stream()
        .flatMap(device -> device.gateways().stream())
        .anyMatch(gateway -> gateway.network().contains(prefix));
  }

  private boolean concerns(Link link, boolean removed) {
    if (desired.probe().isPresent() && ProbeDevice.isName(link.name())) {
      return false; // judged already
    }
    Optional<TunnelDevice> tunnel = desired.tunnel(link.name());
    if (tunnel.isPresent()) {
      return removed
          || !agrees(
              link, tunnel.get().mtu(), Optional.of(tunnel.get().mac()), tunnel.get().alias());
    }
    Optional<BridgeDevice> bridge =
        desired.bridge().filter(device -> device.name().equals(link.name()));
    if (bridge.isPresent()) {
      return removed
          || link.bridge().filter(info -> !info.isPlain()).isPresent()
          || !agrees(
              link, bridge.get().mtu(), Optional.of(bridge.get().mac()), bridge.get().alias());
    }
    Link underlay = underlays.get(link.index());
    if (underlay != null) {
      return removed
          || underlay.mtu() != link.mtu()
          || underlay.isUp() != link.isUp()
          || !underlay.name().equals(link.name());
    }
    return devices.containsKey(link.index()) // renamed
        || marks.owns(link) && !removed
        || !complete;
  }

  /** By what events show; a new device of the same content is one we are just making. */
  private static boolean agrees(Link link, int mtu, Optional<?> mac, String alias) {
    return link.isUp()
        && link.mtu() == mtu
        && link.mac().equals(mac)
        && link.alias().equals(Optional.of(alias));
  }

  private boolean concerns(IpPrefix prefix, int linkIndex, boolean removed) {
    if (nodeIps.contains(prefix.address())) {
      return removed || !complete;
    }
    if (translated && !complete && !removed) {
      return true; // perhaps what the tunnel waits for
    }
    String device = devices.get(linkIndex);
    if (device == null || prefix.address().isLinkLocal()) {
      return false;
    }
    boolean planned =
        desired.tunnel(device).filter(tunnel -> tunnel.addresses().contains(prefix)).isPresent()
            || desired
                .bridge()
                .filter(bridge -> bridge.name().equals(device))
                .filter(bridge -> bridge.gateways().contains(prefix))
                .isPresent();
    return planned == removed;
  }

  private boolean concerns(Route route) {
    if (route.protocol().equals(marks.routeProtocol())) {
      return true;
    }
    if (RouteContest.isRival(route, marks) && isPlanned(route.destination())) {
      return true;
    }
    return !devices.containsKey(route.linkIndex()) && covers(route.destination());
  }

  // The kernel does not tell whose request changed the tables of a tunnel (vxlan_fdb_notify() in
  // drivers/net/vxlan/vxlan_core.c), so these are compared with the plan.

  private boolean concerns(Neighbour neighbour, boolean removed) {
    MacAddress planned =
        neighbours().getOrDefault(neighbour.address(), newNeighbours.get(neighbour.address()));
    if (planned == null) {
      // Others than permanent ones the kernel makes for itself, for multicast.
      return !removed && neighbour.state().isPermanent();
    }
    return removed
        || !neighbour.state().equals(NeighbourState.PERMANENT)
        || !neighbour.mac().equals(Optional.of(planned));
  }

  private boolean concerns(FdbEntry entry, boolean removed) {
    IpAddress planned = vteps().getOrDefault(entry.mac(), newVteps.get(entry.mac()));
    boolean right = planned != null && entry.vtep().equals(Optional.of(planned));
    return right == removed;
  }

  private boolean covers(IpPrefix destination) {
    for (IpPrefix gateway : gateways) {
      if (destination.contains(gateway)) {
        return true;
      }
    }
    return false;
  }

  private boolean isPlanned(IpPrefix block) {
    return destinations().contains(block) || newDestinations.contains(block);
  }

  private Set<IpPrefix> destinations() {
    if (destinations.isEmpty()) {
      desired.peers().forEach(peer -> destinations.add(peer.block()));
    }
    return destinations;
  }

  private Map<IpAddress, MacAddress> neighbours() {
    if (neighbours.isEmpty()) {
      for (PlannedPeer peer : desired.peers()) {
        if (peer.path() instanceof PlannedPeer.Path.Tunnelled path) {
          neighbours.put(peer.route().gateway(), path.mac());
        }
      }
    }
    return neighbours;
  }

  private Map<MacAddress, IpAddress> vteps() {
    if (vteps.isEmpty()) {
      for (PlannedPeer peer : desired.peers()) {
        if (peer.path() instanceof PlannedPeer.Path.Tunnelled path) {
          vteps.put(path.mac(), path.vtep());
        }
      }
    }
    return vteps;
  }
}
