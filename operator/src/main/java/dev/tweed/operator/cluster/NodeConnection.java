package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import java.util.Optional;

/**
 * Whether a Node is connected, and since which boot.
 *
 * @param network what its condition NetworkUnavailable says
 * @param bootID of the node, as its kubelet tells it; empty if it does not
 */
public record NodeConnection(NodeNetwork network, String bootID) {
  /** Of a Node of which nobody has said anything. */
  static final NodeConnection NONE = new NodeConnection(NodeNetwork.NOT_YET, "");

  static NodeConnection of(Node node) {
    return new NodeConnection(
        NodeNetwork.of(node),
        Optional.ofNullable(node.getStatus())
            .map(NodeStatus::getNodeInfo)
            .map(NodeSystemInfo::getBootID)
            .orElse(""));
  }
}
