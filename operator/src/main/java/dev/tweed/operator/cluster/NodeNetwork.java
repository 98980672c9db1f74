package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.Node;

/** What a Node's condition NetworkUnavailable says. */
enum NodeNetwork {
  /** No condition, or one that says True or Unknown. */
  NOT_YET,
  /** The condition is False: the network is there. */
  AVAILABLE;

  static NodeNetwork of(Node node) {
    boolean available =
        node.getStatus() != null
            && node.getStatus().getConditions().stream()
                .anyMatch(
                    c -> "NetworkUnavailable".equals(c.getType()) && "False".equals(c.getStatus()));
    return available ? AVAILABLE : NOT_YET;
  }
}
