package dev.tweed.operator.allocation;

import dev.tweed.operator.allocation.NetworkOutcome.NodeNames;
import dev.tweed.operator.allocation.NetworkOutcome.PoolUse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts of one network while it is planned. */
final class NetworkTally {
  int selected;
  int allocated;
  private final List<AddressConflict> conflicts = new ArrayList<>(0);
  private final Map<Shortfall, List<String>> nodes = new EnumMap<>(Shortfall.class);

  /** Counts a node, once; nodes come one after the other. */
  void note(Shortfall shortfall, NodeFacts node) {
    note(shortfall, node.name());
  }

  /**
   * Counts a node, once.
   *
   * @param shown its name, and what there is to say of it
   */
  void note(Shortfall shortfall, String shown) {
    List<String> names = nodes.computeIfAbsent(shortfall, s -> new ArrayList<>());
    if (names.isEmpty() || !names.getLast().equals(shown)) {
      names.add(shown);
    }
  }

  /** Counts a node that does not get an address. */
  void note(AddressConflict conflict) {
    note(Shortfall.NodeAddressTaken, conflict.shown());
    conflicts.add(conflict);
  }

  NetworkOutcome outcome(NetworkOutcome.Acceptance acceptance, List<PoolUse> pools) {
    Map<Shortfall, NodeNames> shortfalls = new EnumMap<>(Shortfall.class);
    nodes.forEach((shortfall, names) -> shortfalls.put(shortfall, NodeNames.of(names)));
    return new NetworkOutcome(acceptance, selected, allocated, shortfalls, pools, conflicts);
  }
}
