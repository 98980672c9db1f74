package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Networks of which no two share an address. Mutable. */
final class DisjointPrefixes {
  private final TreeMap<Long, IpPrefix> ipv4 = new TreeMap<>();
  private final TreeMap<IpAddress, IpPrefix> ipv6 = new TreeMap<>();

  /**
   * One that shares an address with this network: as they share none among each other, if any then
   * the last that begins before this ends.
   */
  Optional<IpPrefix> overlapping(IpPrefix prefix) {
    Map.Entry<?, IpPrefix> nearest =
        switch (RouteQuestionPlanner.last(prefix)) {
          case Ipv4Address v4 -> ipv4.floorEntry(key(v4));
          case Ipv6Address v6 -> ipv6.floorEntry(v6);
        };
    return nearest != null && nearest.getValue().overlaps(prefix)
        ? Optional.of(nearest.getValue())
        : Optional.empty();
  }

  /** Adds a canonical network that overlaps none. */
  void add(IpPrefix prefix) {
    switch (prefix.address()) {
      case Ipv4Address v4 -> ipv4.put(key(v4), prefix);
      case Ipv6Address v6 -> ipv6.put(v6, prefix);
    }
  }

  private static long key(Ipv4Address address) {
    return address.value() & 0xffff_ffffL;
  }
}
