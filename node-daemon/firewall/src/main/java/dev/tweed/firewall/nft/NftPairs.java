package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.PortRange;
import dev.tweed.ip.IpPrefix;
import java.util.Comparator;
import java.util.List;

/**
 * Addresses, each with destination ports of its own: what a rule matches beside the rest.
 *
 * @param address whether the addresses are sources or destinations
 * @param pairs at least one; no two of them match one packet; sorted
 */
record NftPairs(NftMatch.Dimension address, List<Pair> pairs) {

  NftPairs {
    pairs = pairs.stream().sorted(Pair.ORDER).toList();
  }

  /** An address with a range of ports. */
  record Pair(IpPrefix prefix, PortRange port) {

    private static final Comparator<Pair> ORDER =
        Comparator.comparing(Pair::prefix).thenComparing(Pair::port);

    boolean overlaps(Pair other) {
      return prefix.overlaps(other.prefix)
          && port.first() <= other.port.last()
          && other.port.first() <= port.last();
    }

    /** Whether both are single. */
    boolean isExact() {
      return prefix.length() == prefix.family().bits() && port.isSingle();
    }
  }
}
