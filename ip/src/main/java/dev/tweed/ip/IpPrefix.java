package dev.tweed.ip;

import java.util.Objects;
import java.util.Optional;

/**
 * An address with a prefix length: a network (10.244.1.0/24) or an interface address
 * (10.244.1.1/24). Host bits are kept; {@link #isCanonical} tells the two apart.
 *
 * @param address the address, host bits included
 * @param length 0 to 32 or 128
 */
public record IpPrefix(IpAddress address, int length) implements Comparable<IpPrefix> {

  /** Refuses a length that does not fit the family. */
  public IpPrefix {
    Objects.requireNonNull(address, "address");
    if (length < 0 || length > address.family().bits()) {
      throw new IllegalArgumentException(
          "prefix length of " + address + " is 0.." + address.family().bits() + ", not " + length);
    }
  }

  /**
   * Reads {@code address/length}; both are required, the length has no sign and no leading zero.
   *
   * @throws IllegalArgumentException naming the text when it is not a prefix
   */
  public static IpPrefix parse(String text) {
    return tryParse(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is not a prefix; write it like 10.244.0.0/24 or fd00::/64"));
  }

  /** As {@link #parse}, with a bad text, or none (null), as an empty result. */
  public static Optional<IpPrefix> tryParse(String text) {
    int slash = text == null ? -1 : text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    String digits = text.substring(slash + 1);
    if (digits.isEmpty() || digits.length() > 3 || digits.length() > 1 && digits.startsWith("0")) {
      return Optional.empty();
    }
    int length = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return Optional.empty();
      }
      length = length * 10 + c - '0';
    }
    int wanted = length;
    return IpAddress.tryParse(text.substring(0, slash))
        .filter(address -> wanted <= address.family().bits())
        .map(address -> new IpPrefix(address, wanted));
  }

  /**
   * Reads a network as Kubernetes takes it (the CEL function {@code isCIDR}): no host bits, and for
   * IPv6 neither an IPv4-mapped address nor one whose text ends in IPv4. Null is none, as objects
   * of another version may have where this one asks for a network.
   */
  public static Optional<IpPrefix> tryParseNetwork(String text) {
    return text != null && text.indexOf(':') >= 0 && text.indexOf('.') >= 0
        ? Optional.empty()
        : tryParse(text).filter(p -> p.isCanonical() && !isIpv4Mapped(p.address));
  }

  // ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
  private static boolean isIpv4Mapped(IpAddress address) {
    return address instanceof Ipv6Address six && six.high() == 0 && six.low() >>> 32 == 0xffff;
  }

  /** The prefix that holds this one address: /32 or /128. */
  public static IpPrefix host(IpAddress address) {
    return new IpPrefix(address, address.family().bits());
  }

  /** The prefix of every address of a family: 0.0.0.0/0 or ::/0. */
  public static IpPrefix any(AddressFamily family) {
    return switch (family) {
      case IPV4 -> new IpPrefix(new Ipv4Address(0), 0);
      case IPV6 -> new IpPrefix(new Ipv6Address(0, 0), 0);
    };
  }

  /** The family of the address. */
  public AddressFamily family() {
    return address.family();
  }

  /** Whether no host bit is set, as a network's CIDR must be. */
  public boolean isCanonical() {
    return address.equals(address.masked(length));
  }

  /** The network this address lies in: the same length, host bits cleared. */
  public IpPrefix network() {
    return isCanonical() ? this : new IpPrefix(address.masked(length), length);
  }

  /** The last address of this network, inclusive. */
  public IpAddress last() {
    return address.filled(length);
  }

  /**
   * One of the networks of equal size that this one, which is canonical, consists of.
   *
   * @param index from 0
   * @param length of that network, at least that of this one
   */
  public IpPrefix subnet(long index, int length) {
    return new IpPrefix(address.plus(index, family().bits() - length), length);
  }

  /**
   * Which of the networks of equal size that this one consists of an address lies in.
   *
   * @param length of those networks
   * @return 0 for an address before this one, and {@link Long#MAX_VALUE} where there are more
   */
  public long indexOf(IpAddress other, int length) {
    return other.minus(address, family().bits() - length);
  }

  /** Whether an address of the same family lies in this network. */
  public boolean contains(IpAddress other) {
    return other.family() == family() && other.masked(length).equals(address.masked(length));
  }

  /** Whether all of another network lies in this one. */
  public boolean contains(IpPrefix other) {
    return other.length >= length && contains(other.address);
  }

  /** Whether the two networks share an address. */
  public boolean overlaps(IpPrefix other) {
    return contains(other) || other.contains(this);
  }

  @Override
  public int compareTo(IpPrefix other) {
    int byAddress = address.compareTo(other.address);
    return byAddress != 0 ? byAddress : Integer.compare(length, other.length);
  }

  // By hand for speed: see Ipv4Address.

  @Override
  public boolean equals(Object other) {
    return other instanceof IpPrefix that && length == that.length && address.equals(that.address);
  }

  @Override
  public int hashCode() {
    return 31 * address.hashCode() + length;
  }

  @Override
  public String toString() {
    return address + "/" + length;
  }
}
