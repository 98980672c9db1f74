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
 */
public record NodeFacts(
    String name,
    String uid,
    Instant created,
    Map<String, String> labels,
    NodeAddresses addresses,
    List<String> podCIDRs,
    String machineId) {
  /** The order in which nodes are served. */
  public static final Comparator<NodeFacts> OLDEST_FIRST =
      Comparator.comparing(NodeFacts::created).thenComparing(NodeFacts::name);

  public NodeFacts {
    labels = Map.copyOf(labels);
    podCIDRs = List.copyOf(podCIDRs);
  }

  /** Of one that does not say which machine it is. */
  public NodeFacts(
      String name,
      String uid,
      Instant created,
      Map<String, String> labels,
      NodeAddresses addresses,
      List<String> podCIDRs) {
    this(name, uid, created, labels, addresses, podCIDRs, "");
  }

  /**
   * Of one whose addresses have not been read.
   *
   * @param internalIPs addresses of type InternalIP as the kubelet reports them, unchecked
   */
  public NodeFacts(
      String name,
      String uid,
      Instant created,
      Map<String, String> labels,
      List<String> internalIPs,
      List<String> podCIDRs) {
    this(name, uid, created, labels, NodeAddresses.of(internalIPs), podCIDRs);
  }
}
