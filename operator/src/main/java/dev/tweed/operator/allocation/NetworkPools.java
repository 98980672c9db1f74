package dev.tweed.operator.allocation;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.NetworkOutcome.PoolUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The pools of one network with what is free in them. */
final class NetworkPools {
  private final List<Pool> pools;
  private final List<AddressFamily> families;
  private final List<FreeBlocks> free = new ArrayList<>();
  private final List<Long> keptBack = new ArrayList<>();
  private final OccupiedRanges adopted = new OccupiedRanges();

  /**
   * @param lastUsed blocks that nodes may still use although nobody holds them
   * @param lastHeld blocks that nodes held last which may return
   */
  NetworkPools(
      CandidateNetwork network,
      OccupiedRanges occupied,
      ReservedRanges reserved,
      List<IpPrefix> lastUsed,
      List<IpPrefix> lastHeld,
      Map<String, Long> cursors) {
    this.pools = network.pools();
    this.families = pools.stream().map(p -> p.cidr().family()).distinct().toList();
    List<IpPrefix> open =
        network.reservations().stream().filter(block -> !occupied.overlaps(block)).toList();
    for (Pool pool : pools) {
      Optional<Long> cursor = Optional.ofNullable(cursors.get(pool.cidr().toString()));
      List<IpPrefix> kept = within(pool, open);
      Collection<IpPrefix> inUse = reserved.within(pool);
      List<IpPrefix> barred =
          kept.isEmpty() && inUse.isEmpty() && pool.excluded().isEmpty()
              ? List.of()
              : Stream.of(inUse, pool.excluded(), kept).flatMap(Collection::stream).toList();
      free.add(
          FreeBlocks.of(
              pool, occupied, barred, within(pool, lastUsed), within(pool, lastHeld), cursor));
      keptBack.add((long) kept.size());
    }
  }

  private static List<IpPrefix> within(Pool pool, List<IpPrefix> blocks) {
    return blocks.stream().filter(pool.cidr()::contains).toList();
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
    return pool.gives()
        && pool.cidr().family() == family
        && pool.nodeSelector().matches(node.labels());
  }

  /**
   * A free block from the first pool that has one for the node; one that another node may still use
   * where no pool has anything else.
   */
  Optional<IpPrefix> take(AddressFamily family, NodeFacts node) {
    return take(family, node, FreeBlocks::hasUnused).or(() -> take(family, node, blocks -> true));
  }

  private Optional<IpPrefix> take(
      AddressFamily family, NodeFacts node, Predicate<FreeBlocks> from) {
    for (int i = 0; i < pools.size(); i++) {
      if (admits(pools.get(i), family, node) && from.test(free.get(i))) {
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
      FreeBlocks blocks = free.get(i);
      // Those that cannot be given to anybody are no part of it.
      long capacity = blocks.held() + blocks.untaken() + keptBack.get(i);
      long allocated = Math.min(capacity, blocks.allocated() + more);
      use.add(
          new PoolUse(
              pool.cidr().toString(),
              capacity,
              allocated,
              Math.min(keptBack.get(i), capacity - allocated),
              !pool.gives()));
    }
    return use;
  }
}
