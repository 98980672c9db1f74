package dev.tweed.operator.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;

/** What a Node's condition NetworkUnavailable says, and who says it. */
public enum NodeNetwork {
  /** No condition, or one that says True or Unknown. */
  NOT_YET,
  /** The condition is True, by us: the Node leaves. */
  LEAVING,
  /** The condition is False, by us: the network is there. */
  UP,
  /** The condition is False, by somebody else. */
  AVAILABLE;

  /** Reason of the condition while the network is there. */
  static final String IS_UP = "TweedIsUp";

  /** Reason of the condition of a Node that was booted since it was up. */
  static final String NOT_UP_SINCE_BOOT = "TweedNotUpSinceBoot";

  /** Reason of the condition of a Node that leaves. */
  static final String LEAVES = "TweedLeaves";

  static NodeNetwork of(Node node) {
    return node.getStatus() == null
        ? NOT_YET
        : node.getStatus().getConditions().stream()
            .filter(c -> "NetworkUnavailable".equals(c.getType()))
            .findFirst()
            .map(NodeNetwork::of)
            .orElse(NOT_YET);
  }

  private static NodeNetwork of(NodeCondition condition) {
    if ("False".equals(condition.getStatus())) {
      return IS_UP.equals(condition.getReason()) ? UP : AVAILABLE;
    }
    return "True".equals(condition.getStatus()) && LEAVES.equals(condition.getReason())
        ? LEAVING
        : NOT_YET;
  }
}
