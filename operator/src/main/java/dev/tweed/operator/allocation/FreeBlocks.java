package dev.tweed.operator.allocation;

import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.stream.Stream;

/**
 * The free blocks of one pool, handed out one after the other from a cursor upwards and round to it
 * again. The cursor is where the last allocation of all ended, so a block that was never used comes
 * before one that was given back, and of those the one whose turn is longest ago comes first; such
 * as a node that may return held last come after these. Blocks that a node may still use come last,
 * and leave the cursor where it is.
 */
final class FreeBlocks {
  private record Gap(long from, long to) {}

  private final Pool pool;
  private final List<Gap> gaps = new ArrayList<>();
  private final int preferred;
  private final long occupied;
  private final long untaken;
  private int gap;
  private long next;
  private long taken;
  private long cursor;

  private FreeBlocks(
      Pool pool,
      long occupied,
      List<Gap> fresh,
      List<Gap> lastHeld,
      List<Gap> lastUsed,
      long start) {
    this.pool = pool;
    this.occupied = occupied;
    this.untaken = length(fresh) + length(lastHeld) + length(lastUsed);
    this.cursor = start;
    rotate(fresh, start);
    rotate(lastHeld, start);
    this.preferred = gaps.size();
    rotate(lastUsed, start);
    this.next = gaps.isEmpty() ? 0 : gaps.getFirst().from();
  }

  /**
   * @param reserved ranges that no block may overlap although nobody holds them
   * @param lastUsed ranges that nodes may still use although nobody holds them
   * @param lastHeld ranges that nodes held which may return
   * @param cursor where to begin; from the ledger, or absent when none is known: then the first
   *     block after the highest one taken
   */
  static FreeBlocks of(
      Pool pool,
      OccupiedRanges occupied,
      Collection<IpPrefix> reserved,
      Collection<IpPrefix> lastUsed,
      Collection<IpPrefix> lastHeld,
      Optional<Long> cursor) {
    SequencedCollection<IpPrefix> taken = occupied.within(pool.cidr());
    List<Gap> untaken = gaps(pool, taken);
    // Several small ranges may lie in one block; it is counted once.
    long used = pool.capacity() - length(untaken);
    long start =
        cursor.orElseGet(() -> taken.isEmpty() ? 0 : pool.index(taken.getLast().last()) + 1);
    List<Gap> open = reserved.isEmpty() ? untaken : gaps(pool, union(pool, taken, reserved));
    List<Gap> unused =
        lastUsed.isEmpty() ? open : gaps(pool, union(pool, taken, reserved, lastUsed));
    List<Gap> fresh =
        lastHeld.isEmpty() ? unused : gaps(pool, union(pool, taken, reserved, lastUsed, lastHeld));
    return new FreeBlocks(
        pool,
        used,
        fresh,
        without(unused, fresh),
        without(open, unused),
        Math.floorMod(start, pool.capacity()));
  }

  @SafeVarargs
  private static Collection<IpPrefix> union(Pool pool, Collection<IpPrefix>... ranges) {
    OccupiedRanges union = new OccupiedRanges();
    Stream.of(ranges).flatMap(Collection::stream).forEach(union::add);
    return union.within(pool.cidr());
  }

  // Each of some lies in one of all; both ascend.
  private static List<Gap> without(List<Gap> all, List<Gap> some) {
    List<Gap> rest = new ArrayList<>();
    int i = 0;
    for (Gap gap : all) {
      long from = gap.from();
      for (; i < some.size() && some.get(i).to() <= gap.to(); i++) {
        if (some.get(i).from() > from) {
          rest.add(new Gap(from, some.get(i).from() - 1));
        }
        from = some.get(i).to() + 1;
      }
      if (from <= gap.to()) {
        rest.add(new Gap(from, gap.to()));
      }
    }
    return rest;
  }

  private static List<Gap> gaps(Pool pool, Collection<IpPrefix> ranges) {
    List<Gap> ascending = new ArrayList<>();
    long free = 0;
    for (IpPrefix cidr : ranges) {
      long low = pool.index(cidr.address());
      if (low > free) {
        ascending.add(new Gap(free, low - 1));
      }
      free = Math.max(free, pool.index(cidr.last()) + 1);
    }
    if (free < pool.capacity()) {
      ascending.add(new Gap(free, pool.capacity() - 1));
    }
    return ascending;
  }

  private static long length(List<Gap> gaps) {
    return gaps.stream().mapToLong(gap -> gap.to() - gap.from() + 1).sum();
  }

  private void rotate(List<Gap> ascending, long start) {
    for (Gap g : ascending) {
      if (g.to() >= start) {
        gaps.add(new Gap(Math.max(g.from(), start), g.to()));
      }
    }
    for (Gap g : ascending) {
      if (g.from() < start) {
        gaps.add(new Gap(g.from(), Math.min(g.to(), start - 1)));
      }
    }
  }

  /** Whether the next block is one that no node may still use. */
  boolean hasUnused() {
    return gap < preferred;
  }

  /** The next free block, or empty when the pool is exhausted. */
  Optional<IpPrefix> take() {
    if (gap >= gaps.size()) {
      return Optional.empty();
    }
    long index = next;
    if (hasUnused()) {
      cursor = Math.floorMod(index + 1, pool.capacity());
    }
    if (index == gaps.get(gap).to()) {
      gap++;
      next = gap < gaps.size() ? gaps.get(gap).from() : 0;
    } else {
      next = index + 1;
    }
    taken++;
    return Optional.of(pool.block(index));
  }

  /** Blocks that were in use before any was handed out. */
  long held() {
    return occupied;
  }

  /** Blocks that were neither in use nor barred before any was handed out. */
  long untaken() {
    return untaken;
  }

  /** Blocks in use, those handed out by {@link #take} included. */
  long allocated() {
    return occupied + taken;
  }

  /** Where the next allocation should begin; unchanged while nothing was taken. */
  long cursor() {
    return cursor;
  }

  /** Whether anything was handed out. */
  boolean changed() {
    return taken > 0;
  }
}
