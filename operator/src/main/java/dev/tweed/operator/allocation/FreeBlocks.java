package dev.tweed.operator.allocation;

import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;

/**
 * The free blocks of one pool, handed out one after the other from a cursor upwards and round to it
 * again. The cursor is where the last allocation of all ended, so a block that was never used comes
 * before one that was given back, and of those the one whose turn is longest ago comes first.
 */
final class FreeBlocks {
  private record Gap(long from, long to) {}

  private final Pool pool;
  private final List<Gap> gaps = new ArrayList<>();
  private final long occupied;
  private final long untaken;
  private int gap;
  private long next;
  private long taken;
  private long cursor;

  private FreeBlocks(Pool pool, long occupied, List<Gap> ascending, long start) {
    this.pool = pool;
    this.occupied = occupied;
    this.untaken = length(ascending);
    this.cursor = start;
    rotate(ascending, start);
    this.next = gaps.isEmpty() ? 0 : gaps.getFirst().from();
  }

  /**
   * @param reserved ranges that no block may overlap although nobody holds them
   * @param cursor where to begin; from the ledger, or absent when none is known: then the first
   *     block after the highest one taken
   */
  static FreeBlocks of(
      Pool pool, OccupiedRanges occupied, Collection<IpPrefix> reserved, Optional<Long> cursor) {
    SequencedCollection<IpPrefix> taken = occupied.within(pool.cidr());
    List<Gap> untaken = gaps(pool, taken);
    // Several small ranges may lie in one block; it is counted once.
    long used = pool.capacity() - length(untaken);
    long start =
        cursor.orElseGet(() -> taken.isEmpty() ? 0 : pool.index(taken.getLast().last()) + 1);
    return new FreeBlocks(
        pool,
        used,
        reserved.isEmpty() ? untaken : gaps(pool, barred(pool, taken, reserved)),
        Math.floorMod(start, pool.capacity()));
  }

  private static Collection<IpPrefix> barred(
      Pool pool, Collection<IpPrefix> taken, Collection<IpPrefix> reserved) {
    OccupiedRanges barred = new OccupiedRanges();
    taken.forEach(barred::add);
    reserved.forEach(barred::add);
    return barred.within(pool.cidr());
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

  /** The next free block, or empty when the pool is exhausted. */
  Optional<IpPrefix> take() {
    if (gap >= gaps.size()) {
      return Optional.empty();
    }
    long index = next;
    if (index == gaps.get(gap).to()) {
      gap++;
      next = gap < gaps.size() ? gaps.get(gap).from() : 0;
    } else {
      next = index + 1;
    }
    taken++;
    cursor = Math.floorMod(index + 1, pool.capacity());
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
