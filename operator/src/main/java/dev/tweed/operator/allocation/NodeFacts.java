package dev.tweed.operator.allocation;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What planning needs of a Node.
 *
 * @param internalIPs addresses of type InternalIP as the kubelet reports them, unchecked
 * @param podCIDRs {@code spec.podCIDRs}, unchecked
 */
public record NodeFacts(
    String name,
    String uid,
    Instant created,
    Map<String, String> labels,
    List<String> internalIPs,
    List<String> podCIDRs) {
  public NodeFacts {
    labels = Map.copyOf(labels);
    internalIPs = List.copyOf(internalIPs);
    podCIDRs = List.copyOf(podCIDRs);
  }
}
