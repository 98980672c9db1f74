package dev.tweed.operator.allocation;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.NetworkOutcome.PoolUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The pools of one network with what is free in them. */
final class PoolShelf {
  private final List<Pool> pools;
  private final List<AddressFamily> families;
  private final List<FreeBlocks> free = new ArrayList<>();
  private final OccupiedRanges adopted = new OccupiedRanges();

  PoolShelf(
      List<Pool> pools,
      OccupiedRanges occupied,
      ReservedRanges reserved,
      Map<String, Long> cursors) {
    this.pools = pools;
    this.families = pools.stream().map(p -> p.cidr().family()).distinct().toList();
    for (Pool pool : pools) {
      Optional<Long> cursor = Optional.ofNullable(cursors.get(pool.cidr().toString()));
      free.add(FreeBlocks.of(pool, occupied, reserved.within(pool), cursor));
    }
  }

  /** Families of the pools, in the order of the spec. */
  List<AddressFamily> families() {
    return families;
  }

  /** Pools of the family that the node may draw from. */
  List<Pool> admitting(AddressFamily family, NodeFacts node) {
    return pools.stream().filter(p -> admits(p, family, node)).toList();
  }

  /** Whether there is one. */
  boolean admits(AddressFamily family, NodeFacts node) {
    for (Pool pool : pools) {
      if (admits(pool, family, node)) {
        return true;
      }
    }
    return false;
  }

  private static boolean admits(Pool pool, AddressFamily family, NodeFacts node) {
    return pool.cidr().family() == family && pool.nodeSelector().matches(node.labels());
  }

  /** A free block from the first pool that has one for the node. */
  Optional<IpPrefix> take(AddressFamily family, NodeFacts node) {
    for (int i = 0; i < pools.size(); i++) {
      if (admits(pools.get(i), family, node)) {
        Optional<IpPrefix> block = free.get(i).take();
        if (block.isPresent()) {
          return block;
        }
      }
    }
    return Optional.empty();
  }

  /** Notes a block that was not taken from here. */
  void adopted(IpPrefix block) {
    adopted.add(block);
  }

  /** Cursors of the pools that blocks were taken from. */
  Map<String, Long> cursors() {
    Map<String, Long> moved = new TreeMap<>();
    for (int i = 0; i < pools.size(); i++) {
      if (free.get(i).changed()) {
        moved.put(pools.get(i).cidr().toString(), free.get(i).cursor());
      }
    }
    return moved;
  }

  List<PoolUse> use() {
    List<PoolUse> use = new ArrayList<>();
    for (int i = 0; i < pools.size(); i++) {
      Pool pool = pools.get(i);
      long more =
          adopted.within(pool.cidr()).stream()
              .mapToLong(c -> pool.index(c.last()) - pool.index(c.address()) + 1)
              .sum();
      long allocated = Math.min(pool.capacity(), free.get(i).allocated() + more);
      use.add(new PoolUse(pool.cidr().toString(), pool.capacity(), allocated));
    }
    return use;
  }
}
