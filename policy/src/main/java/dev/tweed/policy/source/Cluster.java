package dev.tweed.policy.source;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.AddressSpace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that policies are resolved with.
 *
 * @param pools of all pod networks
 * @param nodes of the cluster
 * @param namespaces of the cluster
 * @param pods of the cluster
 * @param networkPolicies all of them
 * @param clusterNetworkPolicies all of them
 */
public record Cluster(
    List<IpPrefix> pools,
    List<Node> nodes,
    List<Namespace> namespaces,
    List<Pod> pods,
    List<NetworkPolicy> networkPolicies,
    List<ClusterNetworkPolicy> clusterNetworkPolicies) {
  public Cluster {
    pools = List.copyOf(pools);
    nodes = List.copyOf(nodes);
    namespaces = List.copyOf(namespaces);
    pods = List.copyOf(pods);
    networkPolicies = List.copyOf(networkPolicies);
    clusterNetworkPolicies = List.copyOf(clusterNetworkPolicies);
  }

  /** What every node knows of addresses. */
  public AddressSpace addressSpace() {
    Map<IpAddress, List<IpAddress>> inside = new HashMap<>();
    for (Node node : nodes) {
      node.inside().forEach(a -> inside.put(a, List.copyOf(node.outside())));
    }
    return new AddressSpace(pools, inside);
  }

  /**
   * A node.
   *
   * @param name of the node
   * @param blocks of pod addresses
   * @param outside addresses of the node itself
   * @param inside addresses it holds in its blocks: tunnel, gateway, probe
   */
  public record Node(
      String name, List<IpPrefix> blocks, Set<IpAddress> outside, Set<IpAddress> inside) {
    public Node {
      blocks = List.copyOf(blocks);
      outside = Set.copyOf(outside);
      inside = Set.copyOf(inside);
    }
  }
}
