package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetName;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.Optional;

/**
 * A range of addresses: all addresses that share a prefix.
 *
 * @param family IPv4 or IPv6
 * @param first first address as an unsigned number, host bits zero
 * @param prefixLength 0 to 32 or 128
 */
public record Cidr(Family family, BigInteger first, int prefixLength) implements Comparable<Cidr> {
  private static final Comparator<Cidr> ORDER =
      Comparator.comparing(Cidr::family)
          .thenComparing(Cidr::first)
          .thenComparingInt(Cidr::prefixLength);

  public Cidr {
    if (prefixLength < 0 || prefixLength > family.bits()) {
      throw new IllegalArgumentException("prefix length " + prefixLength + " of " + family);
    }
    if (first.signum() < 0 || first.bitLength() > family.bits()) {
      throw new IllegalArgumentException("address out of range of " + family);
    }
    if (first.getLowestSetBit() != -1 && first.getLowestSetBit() < family.bits() - prefixLength) {
      throw new IllegalArgumentException("host bits set");
    }
  }

  /**
   * Reads {@code address/length}.
   *
   * @return empty when it is not a CIDR or has host bits set
   */
  public static Optional<Cidr> parse(String text) {
    if (text == null) {
      return Optional.empty();
    }
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
      return Optional.empty();
    }
    int length = Integer.parseInt(text.substring(slash + 1));
    return Address.parse(text.substring(0, slash))
        .filter(a -> length <= a.family().bits())
        .filter(
            a ->
                a.value().signum() == 0
                    || a.value().getLowestSetBit() >= a.family().bits() - length)
        .map(a -> new Cidr(a.family(), a.value(), length));
  }

  /** Last address, inclusive. */
  public BigInteger last() {
    return first
        .add(BigInteger.ONE.shiftLeft(family.bits() - prefixLength))
        .subtract(BigInteger.ONE);
  }

  /** Whether every address of the other is one of this. */
  public boolean contains(Cidr other) {
    return family == other.family
        && prefixLength <= other.prefixLength
        && first.compareTo(other.first) <= 0
        && other.first.compareTo(last()) <= 0;
  }

  /** Whether an address belongs to both; two CIDRs overlap only when one contains the other. */
  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /**
   * Name of the NodeSubnet of this block: one name per range, so that creating it is the claim.
   * {@code 10-244-3-0-24}; IPv6 with all eight groups of four digits.
   */
  public String objectName() {
    return NodeSubnetName.of(toString()).value();
  }

  @Override
  public int compareTo(Cidr other) {
    return ORDER.compare(this, other);
  }

  /** Canonical text, RFC 5952 for IPv6. */
  @Override
  public String toString() {
    return new Address(family, first) + "/" + prefixLength;
  }
}
