package dev.tweed.dataplane.plan;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
import dev.tweed.netlink.Ipv4Address;
import dev.tweed.netlink.Ipv6Address;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Networks of which no two share an address. Mutable. */
final class DisjointPrefixes {
  private final TreeMap<Long, IpPrefix> ipv4 = new TreeMap<>();
  private final TreeMap<IpAddress, IpPrefix> ipv6 = new TreeMap<>();

  /**
   * One that shares an address with this network. As they share none among each other, only the
   * nearest on either side can.
   */
  Optional<IpPrefix> overlapping(IpPrefix prefix) {
    return switch (prefix.address()) {
      case Ipv4Address v4 -> {
        long key = key(v4);
        yield either(prefix, ipv4.floorEntry(key), ipv4.ceilingEntry(key));
      }
      case Ipv6Address v6 -> either(prefix, ipv6.floorEntry(v6), ipv6.ceilingEntry(v6));
    };
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

  private static Optional<IpPrefix> either(
      IpPrefix prefix, Map.Entry<?, IpPrefix> below, Map.Entry<?, IpPrefix> above) {
    if (below != null && below.getValue().overlaps(prefix)) {
      return Optional.of(below.getValue());
    }
    return above != null && above.getValue().overlaps(prefix)
        ? Optional.of(above.getValue())
        : Optional.empty();
  }
}
