package dev.tweed.agent.cluster;

import java.util.Map;

/** What is kept of this node's Node object. */
public record NodeRecord(String name, Map<String, String> labels) {
  public NodeRecord {
    labels = Map.copyOf(labels);
  }
}
