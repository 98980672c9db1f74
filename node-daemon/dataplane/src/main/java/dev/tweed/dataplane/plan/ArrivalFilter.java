package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.plan.PeerTable.Arrival;
import dev.tweed.ip.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes nothing from peers that came while a desired state was planned and the kernel was read for
 * it: the plan does not have them, and of the kernel nobody knows which part was read before they
 * came. The kernel has acknowledged what they got; the next comparison has them. What the plan's
 * own peers want is a step still, also where both want the same.
 */
public final class ArrivalFilter {
  private final Set<String> objects = new HashSet<>();
  private final Set<IpAddress> letIn = new HashSet<>();

  private ArrivalFilter(List<Arrival> arrivals) {
    for (Arrival arrival : arrivals) {
      PlannedPeer peer = arrival.peer();
      PlannedRoute route = peer.route();
      letIn.addAll(arrival.addresses());
      objects.add(new StateChange.PutRoute(route, 0, false).object());
      if (peer.path() instanceof PlannedPeer.Path.Tunnelled path) {
        objects.add(new StateChange.PutFdb(path.device(), path.mac(), path.vtep()).object());
        objects.add(
            new StateChange.PutNeighbour(path.device(), route.gateway(), path.mac()).object());
      }
      if (route.usesNextHop()) {
        objects.add(StateChange.nextHop(route.preferredNextHop()));
      }
    }
  }

  /** The steps but for those that take something from these. */
  public static List<StateChange> without(List<Arrival> arrivals, List<StateChange> steps) {
    if (arrivals.isEmpty() || steps.isEmpty()) {
      return steps;
    }
    ArrivalFilter filter = new ArrivalFilter(arrivals);
    return steps.stream().flatMap(step -> filter.rest(step).stream()).toList();
  }

  /**
   * Whether a step has to wait for the next comparison: its nexthop object would take the place of
   * one of theirs.
   */
  public static boolean isInTheWay(List<Arrival> arrivals, StateChange step) {
    return step instanceof StateChange.PutRoute put
        && arrivals.stream()
            .map(arrival -> arrival.peer().route())
            .anyMatch(
                route ->
                    route.usesNextHop()
                        && route.preferredNextHop() == put.nextHopId()
                        && !route.destination().equals(put.route().destination()));
  }

  private Optional<StateChange> rest(StateChange step) {
    return switch (step) {
      case StateChange.PutTunnelFilter put -> {
        Set<IpAddress> all = new HashSet<>(put.filter().peers());
        all.addAll(letIn);
        yield Optional.of(
            new StateChange.PutTunnelFilter(
                new TunnelFilter(put.filter().port(), put.filter().vni(), all), put.action()));
      }
      case StateChange.RemoveTunnelPeers remove ->
          Optional.of(remove.peers().stream().filter(p -> !letIn.contains(p)).toList())
              .filter(others -> !others.isEmpty())
              .map(others -> new StateChange.RemoveTunnelPeers(Set.copyOf(others)));
      default ->
          Optional.of(step)
              .filter(s -> s.action() != Change.Action.REMOVED || !objects.contains(s.object()));
    };
  }
}
