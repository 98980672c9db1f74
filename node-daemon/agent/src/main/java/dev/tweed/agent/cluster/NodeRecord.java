package dev.tweed.agent.cluster;

import java.util.Map;
import java.util.OptionalInt;

/**
 * What is kept of this node's Node object.
 *
 * @param uid empty if it is not known
 * @param kubeletPort where the kubelet says it serves; empty if it does not
 * @param cloud whether it is a cloud's, which gives its machines metadata
 * @param withoutNetwork whether the kubelet says that its container runtime has no pod network
 */
public record NodeRecord(
    String name,
    String uid,
    Map<String, String> labels,
    OptionalInt kubeletPort,
    boolean cloud,
    boolean withoutNetwork) {

  public NodeRecord {
    labels = Map.copyOf(labels);
  }

  /** One of which no more is known. */
  public NodeRecord(String name, Map<String, String> labels) {
    this(name, "", labels, OptionalInt.empty(), false, false);
  }
}
