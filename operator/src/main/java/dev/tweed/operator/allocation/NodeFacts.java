package dev.tweed.operator.allocation;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What planning needs of a Node.
 *
 * @param podCIDRs {@code spec.podCIDRs}, unchecked
 * @param machineId what the machine says it is, {@code /etc/machine-id}; empty if it does not
 * @param maxPods how many pods its kubelet runs; 0 if it does not say
 */
public record NodeFacts(
    String name,
    String uid,
    Instant created,
    Map<String, String> labels,
    NodeAddresses addresses,
    List<String> podCIDRs,
    String machineId,
    int maxPods) {
  /** The order in which nodes are served. */
  public static final Comparator<NodeFacts> OLDEST_FIRST =
      Comparator.comparing(NodeFacts::created).thenComparing(NodeFacts::name);

  public NodeFacts {
    labels = Map.copyOf(labels);
    podCIDRs = List.copyOf(podCIDRs);
  }
}
