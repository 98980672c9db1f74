package dev.tweed.netlink;

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

  /** As {@link #parse}, with a bad text as an empty result. */
  public static Optional<IpPrefix> tryParse(String text) {
    int slash = text.indexOf('/');
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
