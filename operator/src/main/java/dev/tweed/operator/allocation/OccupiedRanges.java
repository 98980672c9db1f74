package dev.tweed.operator.allocation;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
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
  private final NavigableMap<IpAddress, IpPrefix> byFirst = new TreeMap<>();

  /** Takes the range; returns whether an address of it was taken before. */
  boolean add(IpPrefix cidr) {
    Map.Entry<IpAddress, IpPrefix> below = byFirst.floorEntry(cidr.address());
    if (below != null && below.getValue().contains(cidr)) {
      return true;
    }
    IpAddress above = byFirst.ceilingKey(cidr.address());
    boolean taken = above != null && above.compareTo(cidr.last()) <= 0;
    if (taken) {
      byFirst.subMap(cidr.address(), true, cidr.last(), true).clear();
    }
    byFirst.put(cidr.address(), cidr);
    return taken;
  }

  /** Whether any address of the range is taken. */
  boolean overlaps(IpPrefix cidr) {
    Map.Entry<IpAddress, IpPrefix> below = byFirst.floorEntry(cidr.last());
    return below != null && below.getValue().last().compareTo(cidr.address()) >= 0;
  }

  /** What is taken inside the range, in ascending order; one element that contains it at most. */
  SequencedCollection<IpPrefix> within(IpPrefix cidr) {
    Map.Entry<IpAddress, IpPrefix> below = byFirst.floorEntry(cidr.address());
    boolean covers = below != null && below.getValue().last().compareTo(cidr.address()) >= 0;
    IpAddress from = covers ? below.getKey() : cidr.address();
    return byFirst.subMap(from, true, cidr.last(), true).sequencedValues();
  }
}
