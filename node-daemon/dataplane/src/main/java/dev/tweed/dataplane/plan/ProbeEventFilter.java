package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RoutingRule;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which kernel events may have undone what the probe device needs, or be the end of an obstacle.
 */
final class ProbeEventFilter {
  private final Marks marks;
  private final Optional<ProbeDevice> probe;
  private final int bridge;
  private final Set<Integer> indexes = new HashSet<>();
  private final Set<IpPrefix> addresses;
  private final Map<IpAddress, MacAddress> neighbours;
  private final Set<RoutingRule> rules;

  /**
   * @param links the devices found
   */
  ProbeEventFilter(Marks marks, DesiredState desired, List<Link> links) {
    this.marks = marks;
    this.probe = desired.probe();
    int master = -1;
    for (Link link : links) {
      if (probe.isPresent() && ProbeDevice.isName(link.name())) {
        indexes.add(link.index());
      }
      if (probe.filter(device -> device.bridge().equals(link.name())).isPresent()) {
        master = link.index();
      }
    }
    this.bridge = master;
    this.addresses = Set.copyOf(probe.map(ProbeDevice::addresses).orElse(List.of()));
    this.neighbours = probe.map(ProbeDevice::neighbours).orElse(Map.of());
    this.rules = probe.map(device -> device.rules(marks.routeProtocol())).orElse(Set.of());
  }

  /** Whether an event that we did not cause ourselves calls for a sync. */
  boolean concerns(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.LinkChanged change -> concerns(change.link(), change.removed());
      case NetlinkEvent.AddressChanged change ->
          indexes.contains(change.address().linkIndex())
              && concerns(change.address(), change.removed());
      case NetlinkEvent.RouteChanged change -> concerns(change.route(), change.removed());
      case NetlinkEvent.RuleChanged change ->
          marks.owns(change.rule()) && rules.contains(change.rule()) == change.removed();
      case NetlinkEvent.NeighbourChanged change ->
          indexes.contains(change.neighbour().linkIndex())
              && concerns(change.neighbour(), change.removed());
      default -> false;
    };
  }

  private boolean concerns(Link link, boolean removed) {
    if (!ProbeDevice.isName(link.name())) {
      return indexes.contains(link.index()); // renamed
    }
    if (probe.isEmpty()) {
      return removed;
    }
    boolean isPort = link.name().equals(ProbeDevice.PORT);
    return removed
        || !link.isUp()
        || link.mtu() != probe.get().mtu()
        || !link.mac().equals(Optional.of(isPort ? probe.get().portMac() : probe.get().mac()))
        || !link.alias().equals(Optional.of(probe.get().alias()))
        || isPort && link.masterIndex() != bridge;
  }

  private boolean concerns(Address address, boolean removed) {
    return !address.prefix().address().isLinkLocal()
        && addresses.contains(address.prefix()) == removed;
  }

  /** Those of our protocol are of concern in any case; here, what the kernel makes for itself. */
  private boolean concerns(Route route, boolean removed) {
    return !removed
        && route.table() == Route.LOCAL_TABLE
        && addresses.contains(route.destination());
  }

  private boolean concerns(Neighbour neighbour, boolean removed) {
    MacAddress planned = neighbours.get(neighbour.address());
    if (planned == null) {
      return !removed && neighbour.state().isPermanent();
    }
    return removed
        || !neighbour.state().equals(NeighbourState.PERMANENT)
        || !neighbour.mac().equals(Optional.of(planned));
  }
}
