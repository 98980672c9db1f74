package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetName;
import java.util.Comparator;
import java.util.Optional;

/**
 * A range of addresses: all addresses that share a prefix.
 *
 * @param first first address, host bits zero
 * @param prefixLength 0 to 32 or 128
 */
public record Cidr(Address first, int prefixLength) implements Comparable<Cidr> {
  private static final Comparator<Cidr> ORDER =
      Comparator.comparing(Cidr::first).thenComparingInt(Cidr::prefixLength);

  public Cidr {
    if (prefixLength < 0 || prefixLength > first.family().bits()) {
      throw new IllegalArgumentException("prefix length " + prefixLength + " of " + first.family());
    }
    if (!first.lowestAreZero(first.family().bits() - prefixLength)) {
      throw new IllegalArgumentException("host bits set");
    }
  }

  /** The range of one address. */
  static Cidr of(Address address) {
    return new Cidr(address, address.family().bits());
  }

  /**
   * Reads {@code address/length}.
   *
   * @return empty when it is not a CIDR or has host bits set
   */
  public static Optional<Cidr> parse(String text) {
    int slash = text == null ? -1 : text.indexOf('/');
    int length = slash < 0 ? -1 : length(text, slash + 1);
    if (length < 0) {
      return Optional.empty();
    }
    return Address.parse(text.substring(0, slash))
        .filter(a -> length <= a.family().bits())
        .filter(a -> a.lowestAreZero(a.family().bits() - length))
        .map(a -> new Cidr(a, length));
  }

  // One to three digits without leading zeros, else negative.
  private static int length(String text, int from) {
    int digits = text.length() - from;
    if (digits < 1 || digits > 3 || digits > 1 && text.charAt(from) == '0') {
      return -1;
    }
    int length = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      length = length * 10 + c - '0';
    }
    return length;
  }

  /** IPv4 or IPv6. */
  public Family family() {
    return first.family();
  }

  /** Last address, inclusive. */
  public Address last() {
    return first.withLowestSet(hostBits());
  }

  private int hostBits() {
    return family().bits() - prefixLength;
  }

  /** Whether every address of the other is one of this. */
  public boolean contains(Cidr other) {
    return family() == other.family()
        && prefixLength <= other.prefixLength
        && first.isSameAbove(hostBits(), other.first);
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
    return first + "/" + prefixLength;
  }
}
