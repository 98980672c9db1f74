package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;

/** Leaves of a Node only what the operator reads. */
final class NodePruner {
  private NodePruner() {}

  /** The Node without everything the operator does not read. */
  static Node prune(Node node) {
    ObjectMeta full = node.getMetadata();
    ObjectMeta metadata = new ObjectMeta();
    metadata.setName(full.getName());
    metadata.setUid(full.getUid());
    metadata.setResourceVersion(full.getResourceVersion());
    metadata.setCreationTimestamp(full.getCreationTimestamp());
    metadata.setLabels(full.getLabels());
    NodeSpec spec = new NodeSpec();
    if (node.getSpec() != null) {
      spec.setPodCIDR(node.getSpec().getPodCIDR());
      spec.setPodCIDRs(node.getSpec().getPodCIDRs());
    }
    NodeStatus status = new NodeStatus();
    if (node.getStatus() != null) {
      status.setAddresses(internal(node.getStatus().getAddresses()));
      status.setConditions(network(node.getStatus().getConditions()));
    }
    return new NodeBuilder().withMetadata(metadata).withSpec(spec).withStatus(status).build();
  }

  private static List<NodeAddress> internal(List<NodeAddress> addresses) {
    return addresses.stream().filter(a -> "InternalIP".equals(a.getType())).toList();
  }

  private static List<NodeCondition> network(List<NodeCondition> conditions) {
    return conditions.stream().filter(c -> "NetworkUnavailable".equals(c.getType())).toList();
  }
}
