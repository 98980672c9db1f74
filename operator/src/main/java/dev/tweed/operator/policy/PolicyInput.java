package dev.tweed.operator.policy;

import dev.tweed.crds.MirroredLabels;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Everything the status of FirewallPolicies depends on.
 *
 * @param nodes all Nodes, by name
 * @param networks names of all PodNetworks
 * @param mirrored keys of the labels that NodeSubnets carry
 */
public record PolicyInput(
    List<PolicyFacts> policies,
    List<PolicyNode> nodes,
    Set<String> networks,
    MirroredLabels mirrored) {
  public PolicyInput {
    policies = List.copyOf(policies);
    nodes = nodes.stream().sorted(Comparator.comparing(PolicyNode::name)).toList();
    networks = Set.copyOf(networks);
  }
}
