package dev.tweed.operator.allocation;

import dev.tweed.operator.allocation.NetworkOutcome.NodeNames;
import dev.tweed.operator.allocation.NetworkOutcome.PoolUse;
import java.util.ArrayList;
import java.util.List;

/** Counts of one network while it is planned. */
final class NetworkTally {
  int selected;
  int allocated;
  final List<String> poolExhausted = new ArrayList<>();
  final List<String> noPool = new ArrayList<>();
  final List<String> noInternalIP = new ArrayList<>();
  final List<String> addressInPool = new ArrayList<>();
  final List<String> releasing = new ArrayList<>();
  final List<String> noPodCIDR = new ArrayList<>();
  final List<String> outsidePools = new ArrayList<>();
  final List<String> podCIDRTaken = new ArrayList<>();
  final List<String> selectedByAnother = new ArrayList<>();
  final List<String> podCIDRDiffers = new ArrayList<>();

  /** Puts a node on a list, once; nodes come one after the other. */
  void note(List<String> list, NodeFacts node) {
    if (list.isEmpty() || !list.getLast().equals(node.name())) {
      list.add(node.name());
    }
  }

  /** As {@link #note}, for a block that the node does not get: always false. */
  boolean miss(List<String> list, NodeFacts node) {
    note(list, node);
    return false;
  }

  NetworkOutcome outcome(NetworkOutcome.Acceptance acceptance, List<PoolUse> pools) {
    return new NetworkOutcome(
        acceptance,
        selected,
        allocated,
        NodeNames.of(poolExhausted),
        NodeNames.of(noPool),
        NodeNames.of(noInternalIP),
        NodeNames.of(addressInPool),
        NodeNames.of(releasing),
        NodeNames.of(noPodCIDR),
        NodeNames.of(outsidePools),
        NodeNames.of(podCIDRTaken),
        NodeNames.of(selectedByAnother),
        NodeNames.of(podCIDRDiffers),
        pools);
  }
}
