package dev.tweed.firewall.rules;

import dev.tweed.ip.IpPrefix;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The union of prefixes of one family. Exact, and as large as the number of gaps in it: thousands
 * of single addresses that are denied have to fit. Not for several threads.
 */
final class AddressSet {

  /** From the first address of each run to the one after its last; no two overlap or touch. */
  private final NavigableMap<BigInteger, BigInteger> runs = new TreeMap<>();

  /** The union of these. */
  AddressSet(List<IpPrefix> prefixes) {
    prefixes.forEach(this::add);
  }

  /** Adds all addresses of a prefix. */
  void add(IpPrefix prefix) {
    BigInteger from = first(prefix);
    BigInteger to = end(prefix);
    Map.Entry<BigInteger, BigInteger> touched = runs.floorEntry(to);
    while (touched != null && touched.getValue().compareTo(from) >= 0) {
      from = from.min(touched.getKey());
      to = to.max(touched.getValue());
      runs.remove(touched.getKey());
      touched = runs.floorEntry(to);
    }
    runs.put(from, to);
  }

  /** Whether every address of a prefix is in it. */
  boolean containsAll(IpPrefix prefix) {
    Map.Entry<BigInteger, BigInteger> run = runs.floorEntry(first(prefix));
    return run != null && run.getValue().compareTo(end(prefix)) >= 0;
  }

  private static BigInteger first(IpPrefix prefix) {
    return new BigInteger(1, prefix.network().address().toBytes());
  }

  private static BigInteger end(IpPrefix prefix) {
    return first(prefix).add(BigInteger.ONE.shiftLeft(prefix.family().bits() - prefix.length()));
  }
}
