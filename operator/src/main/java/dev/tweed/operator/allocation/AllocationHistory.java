package dev.tweed.operator.allocation;

import java.util.Map;

/**
 * What was allocated before, and is not in the NodeSubnets there are.
 *
 * @param lastBlocks what nodes had whose NodeSubnets are gone
 * @param cursors where the last allocation from each pool ended, by canonical pool CIDR
 * @param released how many blocks of nodes that exist were released in the last hour, by name of
 *     their network; none of them is in a NodeSubnet that is planned for
 */
public record AllocationHistory(
    LastBlocks lastBlocks, Map<String, Long> cursors, Map<String, Integer> released) {
  public AllocationHistory {
    cursors = Map.copyOf(cursors);
    released = Map.copyOf(released);
  }

  /** Nothing is known. */
  public static AllocationHistory none() {
    return new AllocationHistory(LastBlocks.none(), Map.of(), Map.of());
  }
}
