package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;

/**
 * What a node knows of addresses without being told of a single pod: from PodNetworks and
 * NodeSubnets.
 *
 * @param pools of all pod networks
 * @param nodes addresses that nodes hold inside the pools (tunnel, gateway, probe), each with the
 *     addresses that the node has outside: what it sends to another node's pods comes from the
 *     first and people write the second
 */
public record AddressSpace(List<IpPrefix> pools, Map<IpAddress, List<IpAddress>> nodes) {
  public AddressSpace {
    pools = List.copyOf(pools);
    nodes = Map.copyOf(nodes);
  }

  /**
   * Whether it is an address that a pod, and no node, may have. Nobody sends from those that no pod
   * has.
   */
  public boolean isPod(IpAddress address) {
    return !nodes.containsKey(address) && pools.stream().anyMatch(p -> p.contains(address));
  }

  /**
   * Whether a block means an address. A node that sends from inside the pools is judged by its own
   * addresses of that family first, since what people write must not depend on whether there is a
   * tunnel: excluded by one of them, it is not meant; in the block by one of them, it is.
   */
  public boolean contains(IpBlock block, IpAddress address) {
    List<IpAddress> own =
        nodes.getOrDefault(address, List.of()).stream()
            .filter(a -> a.family() == address.family())
            .toList();
    if (own.stream().anyMatch(block::excludes)) {
      return false;
    }
    return own.stream().anyMatch(block::contains) || block.contains(address);
  }
}
