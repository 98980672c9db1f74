package dev.tweed.operator.allocation;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which NodeSubnets tell the MTU of their node's pods: those of nodes whose pods take less than
 * others of the network, whose routes must have it. Where all take the same none does: each change
 * of a NodeSubnet is delivered to every node.
 */
final class RouteMtus {
  private final Map<String, Integer> mtus;
  private final Map<String, Integer> largest = new HashMap<>();

  /**
   * @param mtus by name of the Node, as its report says
   * @param ownerOf networks by name of their Node
   */
  RouteMtus(Map<String, Integer> mtus, Map<String, CandidateNetwork> ownerOf) {
    this.mtus = mtus;
    mtus.forEach(
        (node, mtu) ->
            Optional.ofNullable(ownerOf.get(node))
                .ifPresent(
                    network -> largest.merge(network.name(), atMost(network, mtu), Math::max)));
  }

  // Of a network that was given a smaller one, the nodes that have it already are the normal ones.
  private static int atMost(CandidateNetwork network, int mtu) {
    int wanted = network.facts().spec().mtu();
    return wanted == 0 ? mtu : Math.min(wanted, mtu);
  }

  /**
   * What a node's NodeSubnet is to tell.
   *
   * @param before what it tells; once told it stays, as long as it is known at all
   */
  Optional<Integer> of(CandidateNetwork network, NodeFacts node, Optional<Integer> before) {
    Optional<Integer> mtu = Optional.ofNullable(mtus.get(node.name()));
    return mtu.isEmpty()
        ? before
        : mtu.filter(m -> before.isPresent() || m < largest.getOrDefault(network.name(), 0));
  }
}
