package dev.tweed.agent.cluster;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
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

  private record Claim(String node, IpPrefix block) {}

  private final List<IpPrefix> pools;

  /** Those that hold, which are disjoint, by their first address. */
  private final NavigableMap<IpAddress, Claim> claimed = new TreeMap<>();

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
    if (!isInPools(block)) {
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
    claimed.put(block.address(), new Claim(node, block));
    return Optional.empty();
  }

  private boolean isInPools(IpPrefix block) {
    for (IpPrefix pool : pools) {
      if (pool.contains(block)) {
        return true;
      }
    }
    return false;
  }

  /** Whether just this claim of a node holds already. */
  boolean isHeld(String node, IpPrefix block) {
    return new Claim(node, block).equals(claimed.get(block.address()));
  }

  /** If any, then also the last that begins before this one ends; of several the first is told. */
  private Optional<String> overlapping(IpPrefix block) {
    return overlapping(claimed.floorEntry(block.last()), block)
        .map(
            last ->
                overlapping(claimed.floorEntry(block.address()), block)
                    .or(() -> overlapping(claimed.higherEntry(block.address()), block))
                    .orElse(last));
  }

  private static Optional<String> overlapping(Map.Entry<IpAddress, Claim> entry, IpPrefix block) {
    return Optional.ofNullable(entry)
        .map(Map.Entry::getValue)
        .filter(claim -> claim.block().overlaps(block))
        .map(Claim::node);
  }
}
