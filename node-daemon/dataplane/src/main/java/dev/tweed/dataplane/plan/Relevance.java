package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
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
public final class Relevance {
  private final Marks marks;
  private final DesiredState desired;
  private final Map<Integer, Link> underlays = new HashMap<>();
  private final Set<Integer> tunnels = new HashSet<>();
  private final Map<Integer, String> devices = new HashMap<>();
  private final List<IpAddress> nodeIps;
  private final boolean complete;
  private final boolean plainRoutes;

  /**
   * For what a sync wanted and found.
   *
   * @param snapshot what it was asked for
   * @param plan what it wanted
   * @param links the devices it found at its end
   */
  public Relevance(Marks marks, ClusterSnapshot snapshot, Plan plan, List<Link> links) {
    this.marks = marks;
    this.desired = plan.desired();
    this.nodeIps = snapshot.self().nodeIps();
    Set<Integer> lower = new HashSet<>();
    desired.tunnels().forEach(tunnel -> lower.add(tunnel.lowerIndex()));
    Optional<String> underlay = plan.underlay().map(way -> way.device());
    for (Link link : links) {
      if (lower.contains(link.index()) || underlay.equals(Optional.of(link.name()))) {
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
    this.plainRoutes =
        switch (snapshot.network().backend()) {
          case Backend.HostGateway host -> true;
          case Backend.Vxlan vxlan -> vxlan.directRouting();
        };
    // While something is in the way, any device or address may be its removal.
    this.complete =
        plan.findings().stream().noneMatch(finding -> finding.isBlocking())
            && !plan.device().isEmpty()
            && desired.bridge().isPresent();
  }

  /** Whether an event that we did not cause ourselves calls for a sync. */
  public boolean concerns(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.EventsLost lost -> true;
      case NetlinkEvent.LinkChanged change -> concerns(change.link(), change.removed());
      case NetlinkEvent.AddressChanged change ->
          concerns(change.address().prefix(), change.address().linkIndex(), change.removed());
      case NetlinkEvent.RouteChanged change -> concerns(change.route());
      // The kernel makes neighbours for multicast itself; a gateway's is never multicast.
      case NetlinkEvent.NeighbourChanged change ->
          tunnels.contains(change.neighbour().linkIndex())
              && !change.neighbour().address().isMulticast();
      case NetlinkEvent.FdbChanged change -> concerns(change.entry());
      case NetlinkEvent.NftablesChanged change -> change.tables().contains("tweed");
    };
  }

  private boolean concerns(Link link, boolean removed) {
    Optional<TunnelDevice> tunnel = desired.tunnel(link.name());
    if (tunnel.isPresent()) {
      return removed
          || !devices.containsKey(link.index())
          || !agrees(
              link, tunnel.get().mtu(), Optional.of(tunnel.get().mac()), tunnel.get().alias());
    }
    Optional<BridgeDevice> bridge =
        desired.bridge().filter(device -> device.name().equals(link.name()));
    if (bridge.isPresent()) {
      return removed
          || !devices.containsKey(link.index())
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
    return plainRoutes
        && route.table() == Route.MAIN_TABLE
        && !devices.containsKey(route.linkIndex());
  }

  private boolean concerns(FdbEntry entry) {
    return tunnels.contains(entry.linkIndex()) && (entry.flags() & FdbEntry.MASTER) == 0;
  }
}
