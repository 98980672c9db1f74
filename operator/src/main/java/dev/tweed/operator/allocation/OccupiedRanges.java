package dev.tweed.operator.allocation;

import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedCollection;
import java.util.TreeMap;

/**
 * Ranges that are taken, as a set of disjoint CIDRs: of nested ones only the outermost is kept.
 * Adding and asking cost O(log n).
 */
final class OccupiedRanges {
  // Of both families: no range reaches from one into the other.
  private final NavigableMap<Address, Cidr> byFirst = new TreeMap<>();

  /** Takes the range; returns whether an address of it was taken before. */
  boolean add(Cidr cidr) {
    Map.Entry<Address, Cidr> below = byFirst.floorEntry(cidr.first());
    if (below != null && below.getValue().contains(cidr)) {
      return true;
    }
    Address above = byFirst.ceilingKey(cidr.first());
    boolean taken = above != null && above.compareTo(cidr.last()) <= 0;
    if (taken) {
      byFirst.subMap(cidr.first(), true, cidr.last(), true).clear();
    }
    byFirst.put(cidr.first(), cidr);
    return taken;
  }

  /** Whether any address of the range is taken. */
  boolean overlaps(Cidr cidr) {
    Map.Entry<Address, Cidr> below = byFirst.floorEntry(cidr.last());
    return below != null && below.getValue().last().compareTo(cidr.first()) >= 0;
  }

  /** What is taken inside the range, in ascending order; one element that contains it at most. */
  SequencedCollection<Cidr> within(Cidr cidr) {
    Map.Entry<Address, Cidr> below = byFirst.floorEntry(cidr.first());
    boolean covers = below != null && below.getValue().last().compareTo(cidr.first()) >= 0;
    Address from = covers ? below.getKey() : cidr.first();
    return byFirst.subMap(from, true, cidr.last(), true).sequencedValues();
  }
}
