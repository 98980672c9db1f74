package dev.tweed.agent.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is kept of this node's Node object.
 *
 * @param kubeletPort where the kubelet says it serves; empty if it does not
 * @param withoutNetwork whether the kubelet says that its container runtime has no pod network
 */
public record NodeRecord(
    String name, Map<String, String> labels, OptionalInt kubeletPort, boolean withoutNetwork) {

  /** A condition of the CRI's RuntimeStatus, as pkg/kubelet/container/runtime.go writes it. */
  private static final String NETWORK_NOT_READY = "NetworkReady=false";

  public NodeRecord {
    labels = Map.copyOf(labels);
  }

  /** One of which no more is known. */
  public NodeRecord(String name, Map<String, String> labels) {
    this(name, labels, OptionalInt.empty(), false);
  }

  /** Takes it from the object. */
  public static NodeRecord of(GenericKubernetesResource node) {
    Object port = node.get("status", "daemonEndpoints", "kubeletEndpoint", "Port");
    return new NodeRecord(
        node.getMetadata().getName(),
        Optional.ofNullable(node.getMetadata().getLabels()).orElse(Map.of()),
        port instanceof Integer number ? OptionalInt.of(number) : OptionalInt.empty(),
        node.get("status", "conditions") instanceof List<?> conditions
            && conditions.stream().anyMatch(NodeRecord::networkNotReady));
  }

  private static boolean networkNotReady(Object condition) {
    return condition instanceof Map<?, ?> fields
        && "Ready".equals(fields.get("type"))
        && "False".equals(fields.get("status"))
        && fields.get("message") instanceof String message
        && message.contains(NETWORK_NOT_READY);
  }
}
