package dev.tweed.agent.cluster;

import java.util.List;
import java.util.Optional;

/**
 * The watched objects at one moment.
 *
 * @param complete whether the first list of every kind has been received; until then absence means
 *     nothing
 * @param networks every PodNetwork
 * @param subnets every NodeSubnet, those of this node included
 * @param policies every FirewallPolicy
 * @param node this node's Node object, if it is registered
 */
public record ClusterView(
    boolean complete,
    List<NetworkRecord> networks,
    List<SubnetRecord> subnets,
    List<PolicyRecord> policies,
    Optional<NodeRecord> node) {

  /** Nothing known yet. */
  public static final ClusterView INCOMPLETE =
      new ClusterView(false, List.of(), List.of(), List.of(), Optional.empty());

  public ClusterView {
    networks = List.copyOf(networks);
    subnets = List.copyOf(subnets);
    policies = List.copyOf(policies);
  }
}
