package dev.tweed.agent.cluster;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which claims on address blocks hold, asked in order of age: the first claim on a range wins, and
 * a node holds one block of each family. This node's own claims are judged with the others, since
 * an older one of a peer beats them too.
 */
final class ClaimRules {
  private record NodeFamily(String node, AddressFamily family) {}

  private final List<IpPrefix> pools;
  private final NavigableMap<IpPrefix, String> claimed = new TreeMap<>();
  private final Set<NodeFamily> served = new HashSet<>();

  /**
   * @param pools those of the network: what lies in none of them is no claim and takes nothing from
   *     anyone
   */
  ClaimRules(List<IpPrefix> pools) {
    this.pools = pools;
  }

  /** Records the claim, or says why it does not hold. */
  Optional<String> claim(String node, IpPrefix block) {
    if (pools.stream().noneMatch(pool -> pool.contains(block))) {
      return Optional.of("spec.cidr " + block + " lies in none of the PodNetwork's pools");
    }
    Optional<String> owner = overlapping(block);
    if (owner.isPresent()) {
      return Optional.of(
          "spec.cidr " + block + " overlaps an older NodeSubnet of node " + owner.get());
    }
    if (!served.add(new NodeFamily(node, block.family()))) {
      return Optional.of(
          "node " + node + " has an older block of the same address family; that one counts");
    }
    claimed.put(block, node);
    return Optional.empty();
  }

  /** Whether just this claim of a node holds already. */
  boolean isHeld(String node, IpPrefix block) {
    return node.equals(claimed.get(block));
  }

  /** Claimed blocks are disjoint, so only the neighbours in order can overlap. */
  private Optional<String> overlapping(IpPrefix block) {
    Map.Entry<IpPrefix, String> before = claimed.floorEntry(block);
    if (before != null && before.getKey().overlaps(block)) {
      return Optional.of(before.getValue());
    }
    Map.Entry<IpPrefix, String> after = claimed.ceilingEntry(block);
    return after != null && after.getKey().overlaps(block)
        ? Optional.of(after.getValue())
        : Optional.empty();
  }
}
