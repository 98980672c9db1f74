package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.plan.PeerTable.Arrival;
import dev.tweed.ip.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Leaves alone what peers got that came while a desired state was planned and the kernel was read
 * for it: the plan does not have them, and of the kernel nobody knows which part was read before
 * they came. The kernel has acknowledged what they got; the next comparison has them.
 */
public final class ArrivalFilter {
  private final Set<String> objects = new HashSet<>();
  private final Set<IpAddress> letIn = new HashSet<>();

  private ArrivalFilter(List<Arrival> arrivals) {
    for (Arrival arrival : arrivals) {
      for (StateChange step : arrival.steps()) {
        if (step instanceof StateChange.AddTunnelPeers add) {
          letIn.addAll(add.peers());
        } else {
          objects.add(step.object());
        }
        if (step instanceof StateChange.PutRoute put && put.nextHopId() != 0) {
          objects.add(StateChange.nextHop(put.nextHopId()));
        }
      }
    }
  }

  /** The steps but for those that concern what these got. */
  public static List<StateChange> without(List<Arrival> arrivals, List<StateChange> steps) {
    if (arrivals.isEmpty() || steps.isEmpty()) {
      return steps;
    }
    ArrivalFilter filter = new ArrivalFilter(arrivals);
    return steps.stream().flatMap(step -> filter.rest(step).stream()).toList();
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
      // Whose nexthop object would take the place of one of theirs, chooses another next time.
      case StateChange.PutRoute put when objects.contains(StateChange.nextHop(put.nextHopId())) ->
          Optional.empty();
      default -> Optional.of(step).filter(s -> !objects.contains(s.object()));
    };
  }
}
