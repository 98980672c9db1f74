package dev.tweed.enforce.table;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.IpBlock;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The addresses that a block means, as intervals. */
final class AddressIntervals {

  private AddressIntervals() {}

  /** What {@link AddressSpace#contains} says of every address of the block's family. */
  static List<NfInterval> of(IpBlock block, AddressSpace space) {
    AddressFamily family = block.cidr().family();
    List<IpPrefix> without = new ArrayList<>(block.except());
    List<NfInterval> intervals = new ArrayList<>();
    for (IpAddress node : space.nodes().keySet()) {
      if (node.family() == family) {
        boolean meant = space.contains(block, node);
        if (meant && !block.contains(node)) {
          intervals.add(NfInterval.of(NfValue.of(node)));
        } else if (!meant && block.contains(node)) {
          without.add(IpPrefix.host(node));
        }
      }
    }
    intervals.addAll(without(block.cidr(), without));
    return intervals;
  }

  private static List<NfInterval> without(IpPrefix whole, List<IpPrefix> parts) {
    BigInteger next = number(whole.address());
    BigInteger last = number(whole.last());
    List<NfInterval> rest = new ArrayList<>();
    for (IpPrefix part :
        parts.stream()
            .filter(whole::overlaps)
            .sorted(Comparator.comparing(IpPrefix::address))
            .toList()) {
      BigInteger begin = number(part.address());
      if (begin.compareTo(next) > 0) {
        rest.add(interval(next, begin.subtract(BigInteger.ONE), whole.family()));
      }
      next = next.max(number(part.last()).add(BigInteger.ONE));
    }
    if (next.compareTo(last) <= 0) {
      rest.add(interval(next, last, whole.family()));
    }
    return rest;
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.toBytes());
  }

  private static NfInterval interval(BigInteger first, BigInteger last, AddressFamily family) {
    return new NfInterval(value(first, family), value(last, family));
  }

  private static NfValue value(BigInteger number, AddressFamily family) {
    byte[] digits = number.toByteArray();
    byte[] bytes = new byte[family.bytes()];
    int length = Math.min(digits.length, bytes.length); // the first may be a sign
    System.arraycopy(digits, digits.length - length, bytes, bytes.length - length, length);
    return NfValue.of(bytes);
  }
}
