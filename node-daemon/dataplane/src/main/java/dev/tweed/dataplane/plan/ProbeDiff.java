package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RoutingRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The steps to the probe device with all that belongs to it. What of ours is wrong goes before what
 * replaces it: of two IPv6 routes to the same destination the kernel makes one with two ways.
 */
final class ProbeDiff {

  private final DesiredState desired;
  private final ActualState actual;
  private final Marks marks;
  private final LinkPlan fates;
  private final Set<Integer> deleted = new HashSet<>();
  private final List<StateChange> changes = new ArrayList<>();

  private ProbeDiff(DesiredState desired, ActualState actual, Marks marks, LinkPlan fates) {
    this.desired = desired;
    this.actual = actual;
    this.marks = marks;
    this.fates = fates;
  }

  /** The steps in order, after those of all that pods need. */
  static List<StateChange> between(
      DesiredState desired, ActualState actual, Marks marks, LinkPlan fates) {
    if (desired.retained().contains(ProbeDevice.NAME)) {
      return List.of();
    }
    ProbeDiff diff = new ProbeDiff(desired, actual, marks, fates);
    Optional<Link> end = desired.probe().flatMap(probe -> diff.devices(probe));
    diff.stale(end);
    desired.probe().ifPresent(probe -> diff.ways(probe, end));
    return diff.changes;
  }

  /** The device with the addresses, if it is there and stays. */
  private Optional<Link> devices(ProbeDevice probe) {
    Optional<Link> end = actual.link(ProbeDevice.NAME);
    Optional<Link> port = actual.link(ProbeDevice.PORT);
    boolean paired = end.isPresent() && port.isPresent() && isPeer(end.get(), port.get());
    if (paired) {
      attributes(end.get(), probe.mtu(), probe.mac(), probe.alias());
      attributes(port.get(), probe.mtu(), probe.portMac(), probe.alias());
    } else {
      end.ifPresent(link -> delete(link));
      port.ifPresent(link -> delete(link));
      changes.add(new StateChange.CreateProbe(probe));
      end = Optional.empty();
      port = Optional.empty();
    }
    int bridge = fates.survivor(probe.bridge()).map(Link::index).orElse(-1);
    if (port.map(Link::masterIndex).orElse(0) != bridge) {
      changes.add(new StateChange.JoinBridge(ProbeDevice.PORT, probe.bridge()));
    }
    for (SysctlSetting setting :
        desired.deviceSysctls().getOrDefault(ProbeDevice.NAME, List.of())) {
      if (end.isEmpty() || setting.isWrong(actual::sysctl)) {
        changes.add(new StateChange.EnsureSysctl(setting, Optional.of(ProbeDevice.NAME)));
      }
    }
    boolean down = end.isEmpty() || !end.get().isUp();
    if (port.isEmpty() || !port.get().isUp()) {
      changes.add(new StateChange.SetUp(ProbeDevice.PORT));
    }
    if (down) {
      changes.add(new StateChange.SetUp(ProbeDevice.NAME));
    }
    Set<IpPrefix> added = addresses(probe, end);
    // The kernel makes one with each address, and again when the device comes up.
    for (IpPrefix address : probe.addresses()) {
      if (down || added.contains(address) || actual.probe().local().contains(address.address())) {
        changes.add(new StateChange.RemoveLocalRoute(ProbeDevice.NAME, address.address()));
      }
    }
    return end;
  }

  /** Each names the other: the other end of one may be in another namespace. */
  private static boolean isPeer(Link end, Link port) {
    Optional<String> veth = Optional.of("veth");
    return end.kind().equals(veth)
        && port.kind().equals(veth)
        && end.lowerIndex() == port.index()
        && port.lowerIndex() == end.index();
  }

  private void delete(Link link) {
    deleted.add(link.index());
    changes.add(
        new StateChange.DeleteLink(
            link.index(), link.name(), "it has lost its other end, or never was one of a pair"));
  }

  private void attributes(Link link, int mtu, MacAddress mac, String alias) {
    StateChange.SetLink.of(link, mtu, mac, alias, OptionalInt.empty()).ifPresent(changes::add);
  }

  /** Those that are added. */
  private Set<IpPrefix> addresses(ProbeDevice probe, Optional<Link> end) {
    Set<IpPrefix> missing = new HashSet<>(probe.addresses());
    for (Address address : end.map(actual::addressesOf).orElse(List.of())) {
      IpPrefix prefix = address.prefix();
      if (prefix.address().isLinkLocal()) {
        continue;
      }
      if (!isSound(address) || !missing.remove(prefix)) {
        changes.add(new StateChange.RemoveAddress(ProbeDevice.NAME, address));
      }
    }
    probe.addresses().stream()
        .filter(missing::contains)
        .forEach(prefix -> changes.add(new StateChange.AddAddress(ProbeDevice.NAME, prefix)));
    return missing;
  }

  /** With a route to it in the main table, packets to it would go round the bridge. */
  private static boolean isSound(Address address) {
    return address.prefix().family() == AddressFamily.IPV4
        || (address.flags() & Address.NO_PREFIX_ROUTE) != 0
            && (address.flags() & Address.DAD_FAILED) == 0;
  }

  /** What is ours and not wanted. */
  private void stale(Optional<Link> end) {
    Set<RoutingRule> rules =
        desired.probe().map(probe -> probe.rules(marks.routeProtocol())).orElse(Set.of());
    actual.probe().rules().stream()
        .filter(marks::owns)
        .filter(rule -> !rules.contains(rule))
        .forEach(rule -> changes.add(new StateChange.RemoveRule(rule)));
    Set<Route> routes = end.map(this::wantedRoutes).orElse(Set.of());
    actual.probe().routes().stream()
        .filter(route -> !routes.contains(route.configuration()))
        // The routes of a device that is about to be deleted vanish with it.
        .filter(route -> !fates.goes(route.linkIndex()) && !deleted.contains(route.linkIndex()))
        .forEach(route -> changes.add(new StateChange.RemoveRoute(route)));
    Set<IpAddress> neighbours =
        desired.probe().map(probe -> probe.neighbours().keySet()).orElse(Set.of());
    if (end.isPresent()) {
      actual.probe().neighbours().stream()
          .filter(neighbour -> neighbour.state().isPermanent())
          .filter(neighbour -> !neighbours.contains(neighbour.address()))
          .forEach(
              neighbour ->
                  changes.add(new StateChange.RemoveNeighbour(ProbeDevice.NAME, neighbour)));
    }
  }

  private Set<Route> wantedRoutes(Link end) {
    Set<Route> routes = new HashSet<>();
    desired
        .probe()
        .ifPresent(
            probe ->
                probe
                    .routes()
                    .forEach(route -> routes.add(route.on(end.index(), marks.routeProtocol()))));
    return routes;
  }

  /** What is wanted and not there. */
  private void ways(ProbeDevice probe, Optional<Link> end) {
    Set<Route> there = new HashSet<>();
    actual.probe().routes().forEach(route -> there.add(route.configuration()));
    probe
        .neighbours()
        .forEach(
            (address, mac) -> {
              if (end.isEmpty() || !isNeighbour(address, mac)) {
                changes.add(new StateChange.PutNeighbour(ProbeDevice.NAME, address, mac));
              }
            });
    for (ProbeRoute route : probe.routes()) {
      if (end.filter(link -> there.contains(route.on(link.index(), marks.routeProtocol())))
          .isEmpty()) {
        changes.add(new StateChange.PutProbeRoute(route));
      }
    }
    for (RoutingRule rule : probe.rules(marks.routeProtocol())) {
      // Somebody else's of the same content does, and the kernel takes no second one.
      if (actual.probe().rules().stream().noneMatch(other -> isSame(rule, other))) {
        changes.add(new StateChange.PutRule(rule));
      }
    }
  }

  private boolean isNeighbour(IpAddress address, MacAddress mac) {
    return actual.probe().neighbours().stream()
        .anyMatch(
            (Neighbour neighbour) ->
                neighbour.address().equals(address)
                    && neighbour.state().equals(NeighbourState.PERMANENT)
                    && neighbour.mac().equals(Optional.of(mac)));
  }

  private static boolean isSame(RoutingRule rule, RoutingRule other) {
    return rule.family() == other.family()
        && rule.preference() == other.preference()
        && rule.source().equals(other.source())
        && rule.destination().equals(other.destination())
        && rule.inputDevice().equals(other.inputDevice())
        && rule.outputDevice().equals(other.outputDevice())
        && rule.mark() == other.mark()
        && rule.markMask() == other.markMask()
        && rule.inverted() == other.inverted()
        && rule.action() == other.action()
        && rule.table() == other.table()
        && rule.otherSelectors().equals(other.otherSelectors());
  }
}
