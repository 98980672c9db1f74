package dev.tweed.operator.allocation;

import java.math.BigInteger;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Ranges that are taken, as a set of disjoint CIDRs: of nested ones only the outermost is kept.
 * Adding and asking cost O(log n).
 */
final class OccupiedRanges {
  private final Map<Family, NavigableMap<BigInteger, Cidr>> byFirst = new EnumMap<>(Family.class);

  OccupiedRanges() {
    for (Family family : Family.values()) {
      byFirst.put(family, new TreeMap<>());
    }
  }

  /** Takes the range. */
  void add(Cidr cidr) {
    NavigableMap<BigInteger, Cidr> ranges = byFirst.get(cidr.family());
    Map.Entry<BigInteger, Cidr> below = ranges.floorEntry(cidr.first());
    if (below != null && below.getValue().contains(cidr)) {
      return;
    }
    ranges.subMap(cidr.first(), true, cidr.last(), true).clear();
    ranges.put(cidr.first(), cidr);
  }

  /** Whether any address of the range is taken. */
  boolean overlaps(Cidr cidr) {
    Map.Entry<BigInteger, Cidr> below = byFirst.get(cidr.family()).floorEntry(cidr.last());
    return below != null && below.getValue().last().compareTo(cidr.first()) >= 0;
  }

  /** What is taken inside the range, in ascending order; one element that contains it at most. */
  Collection<Cidr> within(Cidr cidr) {
    NavigableMap<BigInteger, Cidr> ranges = byFirst.get(cidr.family());
    Map.Entry<BigInteger, Cidr> below = ranges.floorEntry(cidr.first());
    boolean covers = below != null && below.getValue().last().compareTo(cidr.first()) >= 0;
    BigInteger from = covers ? below.getKey() : cidr.first();
    return ranges.subMap(from, true, cidr.last(), true).values();
  }
}
