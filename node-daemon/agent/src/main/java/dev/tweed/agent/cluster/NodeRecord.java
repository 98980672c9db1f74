package dev.tweed.agent.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is kept of this node's Node object.
 *
 * @param kubeletPort where the kubelet says it serves; empty if it does not
 */
public record NodeRecord(String name, Map<String, String> labels, OptionalInt kubeletPort) {
  public NodeRecord {
    labels = Map.copyOf(labels);
  }

  /** One whose kubelet's port is not known. */
  public NodeRecord(String name, Map<String, String> labels) {
    this(name, labels, OptionalInt.empty());
  }

  /** Takes it from the object. */
  public static NodeRecord of(GenericKubernetesResource node) {
    Object port = node.get("status", "daemonEndpoints", "kubeletEndpoint", "Port");
    return new NodeRecord(
        node.getMetadata().getName(),
        Optional.ofNullable(node.getMetadata().getLabels()).orElse(Map.of()),
        port instanceof Integer number ? OptionalInt.of(number) : OptionalInt.empty());
  }
}
