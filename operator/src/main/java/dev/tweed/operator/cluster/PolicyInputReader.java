package dev.tweed.operator.cluster;

import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.PolicyInput;
import dev.tweed.operator.policy.PolicyNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads from objects of the API what the status of FirewallPolicies depends on. */
final class PolicyInputReader {
  private PolicyInputReader() {}

  static PolicyInput read(ClusterView view) {
    Map<String, MirroredLabels> networks = new HashMap<>();
    for (PodNetwork network : view.networks()) {
      networks.put(network.getMetadata().getName(), MirroredLabels.of(List.of(network.getSpec())));
    }
    MirroredLabels always = MirroredLabels.of(List.of());
    Map<String, PolicyNode.Block> blocks = new HashMap<>();
    for (NodeSubnet subnet : view.subnets()) {
      // A node's blocks carry equal labels.
      blocks.computeIfAbsent(
          subnet.getSpec().nodeName(),
          name ->
              new PolicyNode.Block(
                  labels(subnet), networks.getOrDefault(subnet.getSpec().podNetwork(), always)));
    }
    return new PolicyInput(
        view.policies().stream()
            .map(
                p ->
                    new PolicyFacts(
                        p.getMetadata().getName(),
                        p.getMetadata().getUid(),
                        Optional.ofNullable(p.getMetadata().getGeneration()).orElse(0L),
                        p.getSpec()))
            .toList(),
        view.nodes().stream().map(n -> node(n, blocks, view)).toList(),
        networks.keySet(),
        MirroredLabels.of(view.networks().stream().map(PodNetwork::getSpec).toList()));
  }

  private static PolicyNode node(
      Node node, Map<String, PolicyNode.Block> blocks, ClusterView view) {
    String name = node.getMetadata().getName();
    String uid = node.getMetadata().getUid();
    return new PolicyNode(
        name,
        uid,
        labels(node),
        Optional.ofNullable(blocks.get(name)),
        Optional.ofNullable(view.reports().get(name)).filter(r -> r.owner().equals(uid)));
  }

  private static Map<String, String> labels(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }
}
