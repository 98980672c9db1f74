package dev.tweed.operator.allocation;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which NodeSubnets tell an MTU: those of nodes whose pods take another size than most of the
 * network. Of a node that takes less, the others' routes must have it; of one that takes more, its
 * own to all others must have theirs, and its own NodeSubnet tells it so. The many are never
 * changed for the sake of the few: each change of a NodeSubnet is delivered to every node, and
 * whoever takes a node over may report what he likes.
 */
final class RouteMtus {
  private final Map<String, Integer> mtus;
  private final Map<String, Integer> usual = new HashMap<>();

  /**
   * @param mtus by name of the Node, as its report says
   * @param ownerOf networks by name of their Node
   */
  RouteMtus(Map<String, Integer> mtus, Map<String, CandidateNetwork> ownerOf) {
    this.mtus = mtus;
    Map<String, TreeMap<Integer, Integer>> nodes = new HashMap<>();
    mtus.forEach(
        (node, mtu) ->
            Optional.ofNullable(ownerOf.get(node))
                .ifPresent(
                    network ->
                        nodes
                            .computeIfAbsent(network.name(), n -> new TreeMap<>())
                            .merge(atMost(network, mtu), 1, Integer::sum)));
    nodes.forEach((network, counts) -> usual.put(network, mostFrequent(counts)));
  }

  // Of a network that was given a smaller one, the nodes that have it already are the normal ones.
  private static int atMost(CandidateNetwork network, int mtu) {
    Integer wanted = network.facts().spec().mtu();
    return wanted == null || wanted == 0 ? mtu : Math.min(wanted, mtu);
  }

  // Of equals the smallest, which all of them take.
  private static int mostFrequent(TreeMap<Integer, Integer> counts) {
    return counts.entrySet().stream()
        .max(
            Map.Entry.<Integer, Integer>comparingByValue()
                .thenComparing(
                    Map.Entry.<Integer, Integer>comparingByKey(Comparator.reverseOrder())))
        .orElseThrow()
        .getKey();
  }

  /**
   * What a node's NodeSubnet is to tell.
   *
   * @param before what it tells; once told it stays, as long as it is known at all
   */
  Optional<Integer> of(CandidateNetwork network, NodeFacts node, Optional<Integer> before) {
    Optional<Integer> mtu = Optional.ofNullable(mtus.get(node.name())).map(m -> atMost(network, m));
    if (mtu.isEmpty()) {
      return before;
    }
    int most = usual.get(network.name());
    return before.isPresent() || mtu.get() != most
        ? mtu.map(m -> Math.min(m, most))
        : Optional.empty();
  }
}
