package dev.tweed.operator.cluster;

import dev.tweed.crds.MirroredLabels;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyInput;
import dev.tweed.operator.policy.PolicyNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads from what is known of the cluster what the status of FirewallPolicies depends on. */
final class PolicyInputReader {
  private PolicyInputReader() {}

  static PolicyInput read(ClusterView view) {
    Map<String, MirroredLabels> networks = new HashMap<>();
    for (NetworkFacts network : view.networks()) {
      networks.put(network.name(), MirroredLabels.of(List.of(network.spec())));
    }
    MirroredLabels always = MirroredLabels.of(List.of());
    Map<String, PolicyNode.Block> blocks = new HashMap<>();
    for (SubnetFacts subnet : view.subnets()) {
      // A node's blocks carry equal labels.
      blocks.computeIfAbsent(
          subnet.spec().nodeName(),
          name ->
              new PolicyNode.Block(
                  subnet.labels(), networks.getOrDefault(subnet.spec().podNetwork(), always)));
    }
    return new PolicyInput(
        view.policies(),
        view.nodes().stream().map(n -> node(n, blocks, view)).toList(),
        networks.keySet(),
        MirroredLabels.of(view.networks().stream().map(NetworkFacts::spec).toList()));
  }

  private static PolicyNode node(
      NodeFacts node, Map<String, PolicyNode.Block> blocks, ClusterView view) {
    return new PolicyNode(
        node.name(),
        node.uid(),
        node.labels(),
        Optional.ofNullable(blocks.get(node.name())),
        Optional.ofNullable(view.reports().get(node.name()))
            .filter(r -> r.owner().equals(node.uid())));
  }
}
