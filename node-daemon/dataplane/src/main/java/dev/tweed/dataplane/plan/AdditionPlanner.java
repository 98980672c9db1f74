package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What may be done for a desired state that is remembered, and may be so no more: what is missing
 * is added, and nothing that is there is removed or changed. Whoever made it may have known more.
 *
 * <p>Where the devices or addresses of ours that are there are others, memory and kernel do not
 * speak of the same node or network, and nothing is done at all.
 */
final class AdditionPlanner {

  private final List<StateChange> changes;
  private final ActualState actual;

  /** Where routes of ours lead. */
  private final Set<IpPrefix> routed;

  /** Whether of the probe device only things are missing. */
  private final boolean probeIsSound;

  /**
   * @param changes all steps from actual to desired state
   */
  AdditionPlanner(List<StateChange> changes, ActualState actual) {
    this.changes = changes;
    this.actual = actual;
    this.routed = actual.routes().stream().map(Route::destination).collect(Collectors.toSet());
    this.probeIsSound =
        changes.stream()
            .filter(StateChange::concernsProbe)
            .noneMatch(
                change ->
                    change.action() == Change.Action.REMOVED
                        && !(change instanceof StateChange.RemoveLocalRoute));
  }

  /** The steps that add; none if there is a contradiction. */
  List<StateChange> plan() {
    return contradiction().isPresent()
        ? List.of()
        : changes.stream().filter(this::isAddition).toList();
  }

  /** What of ours is in the kernel and cannot be together with what is remembered, in words. */
  Optional<String> contradiction() {
    for (StateChange change : changes) {
      if (change.concernsProbe()) {
        continue; // no pod depends on it
      }
      switch (change) {
        case StateChange.DeleteLink delete -> {
          return Optional.of("device " + delete.name() + " is there: " + delete.why());
        }
        case StateChange.AddAddress add -> {
          Optional<String> other =
              removedAddresses(add)
                  .filter(remove -> !remove.address().prefix().equals(add.prefix()))
                  .map(
                      remove ->
                          "device %s has the address %s, remembered is %s"
                              .formatted(add.name(), remove.address().prefix(), add.prefix()))
                  .findFirst();
          if (other.isPresent()) {
            return other;
          }
        }
        default -> {}
      }
    }
    return Optional.empty();
  }

  private Stream<StateChange.RemoveAddress> removedAddresses(StateChange.AddAddress add) {
    return changes.stream()
        .filter(StateChange.RemoveAddress.class::isInstance)
        .map(StateChange.RemoveAddress.class::cast)
        .filter(remove -> remove.name().equals(add.name()))
        .filter(remove -> remove.address().prefix().family() == add.prefix().family());
  }

  private boolean isAddition(StateChange change) {
    if (change.concernsProbe() && !probeIsSound) {
      return false;
    }
    return switch (change) {
      case StateChange.DeleteLink _,
          StateChange.SetLink _,
          StateChange.ResetBridge _,
          StateChange.RemoveAddress _,
          StateChange.RemoveFdb _,
          StateChange.RemoveNeighbour _,
          StateChange.RemoveRoute _,
          StateChange.RemoveNextHop _,
          StateChange.RemoveRules _,
          StateChange.RemoveTunnelPeers _,
          StateChange.RemoveTunnelFilter _,
          StateChange.RemoveRule _ ->
          false;
      case StateChange.CreateTunnel _,
          StateChange.CreateBridge _,
          StateChange.SetUp _,
          StateChange.AttachPort _,
          StateChange.EnsureSysctl _,
          StateChange.CreateProbe _,
          StateChange.JoinBridge _,
          StateChange.PutProbeRoute _,
          StateChange.PutRule _,
          StateChange.AddTunnelPeers _,
          // Of an address that was just given to the probe device.
          StateChange.RemoveLocalRoute _ ->
          true;
      case StateChange.AddAddress add -> removedAddresses(add).findAny().isEmpty();
      case StateChange.PutFdb put ->
          isMissing(actual.fdb(), put.name(), entry -> entry.mac().equals(put.mac()));
      case StateChange.PutNeighbour put ->
          isMissing(
              neighbours(put.name()),
              put.name(),
              neighbour ->
                  neighbour.address().equals(put.address()) && neighbour.state().isPermanent());
      // One inside of another would take packets from that.
      case StateChange.PutRoute put ->
          routed.stream().noneMatch(prefix -> prefix.overlaps(put.route().destination()));
      case StateChange.ReplaceRules replace -> replace.action() == Change.Action.ADDED;
      case StateChange.PutTunnelFilter put -> put.action() == Change.Action.ADDED;
    };
  }

  private Map<Integer, List<Neighbour>> neighbours(String device) {
    return ProbeDevice.isName(device)
        ? actual
            .link(device)
            .map(link -> Map.of(link.index(), actual.probe().neighbours()))
            .orElse(Map.of())
        : actual.neighbours();
  }

  private <T> boolean isMissing(
      Map<Integer, List<T>> byIndex, String device, Predicate<T> isThatOne) {
    return actual
        .link(device)
        .map(Link::index)
        .map(index -> byIndex.getOrDefault(index, List.of()))
        .orElse(List.of())
        .stream()
        .noneMatch(isThatOne);
  }
}
