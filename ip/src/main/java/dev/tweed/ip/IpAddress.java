package dev.tweed.ip;

import java.util.Optional;

/**
 * An IP address as a value. Parsing never asks a name server and never guesses: what is not a
 * complete numeric address is refused.
 *
 * <p>Ordered by family (IPv4 first), then numerically.
 */
public sealed interface IpAddress extends Comparable<IpAddress> permits Ipv4Address, Ipv6Address {

  /** The family of this address. */
  AddressFamily family();

  /** A fresh array of the address in network byte order, 4 or 16 bytes. */
  byte[] toBytes();

  /**
   * This address with every bit after the first {@code length} cleared.
   *
   * @param length 0 to {@link AddressFamily#bits()}
   */
  IpAddress masked(int length);

  /**
   * This address with every bit after the first {@code length} set.
   *
   * @param length 0 to {@link AddressFamily#bits()}
   */
  IpAddress filled(int length);

  /**
   * This plus {@code number << shift}; beyond the last address it goes on from the first.
   *
   * @param shift 0 to {@link AddressFamily#bits()}
   */
  IpAddress plus(long number, int shift);

  /**
   * {@code (this - other) >> shift} for an address of the same family.
   *
   * @param shift 0 to {@link AddressFamily#bits()}
   * @return 0 when the other is greater, and {@link Long#MAX_VALUE} when it is beyond that
   */
  long minus(IpAddress other, int shift);

  /** Whether this is {@code 0.0.0.0} or {@code ::}. */
  boolean isUnspecified();

  /** Whether this is a multicast address (224.0.0.0/4, ff00::/8). */
  boolean isMulticast();

  /** Whether this is a loopback address (127.0.0.0/8, ::1). */
  boolean isLoopback();

  /** Whether this is a link-local unicast address (169.254.0.0/16, fe80::/10). */
  boolean isLinkLocal();

  /**
   * Reads dotted-quad IPv4 (four decimals, no leading zeros: {@code 010.0.0.1} would be octal to
   * inet_aton(3)) or RFC 4291 section 2.2 IPv6 text (an embedded IPv4 tail is allowed, a zone such
   * as {@code %eth0} is not).
   *
   * @throws IllegalArgumentException naming the text when it is neither
   */
  static IpAddress parse(String text) {
    return tryParse(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'"
                        + text
                        + "' is not an IP address; write it like 192.0.2.7 (no leading zeros) or"
                        + " 2001:db8::7"));
  }

  /** As {@link #parse}, with a bad text as an empty result. */
  static Optional<IpAddress> tryParse(String text) {
    return text.indexOf(':') >= 0
        ? Ipv6Address.tryParse(text).map(IpAddress.class::cast)
        : Ipv4Address.tryParse(text).map(IpAddress.class::cast);
  }

  /**
   * The address of 4 or 16 bytes in network byte order. An IPv4-mapped address stays IPv6.
   *
   * @throws IllegalArgumentException for any other length
   */
  static IpAddress ofBytes(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> Ipv4Address.ofBytes(bytes);
      case 16 -> Ipv6Address.ofBytes(bytes);
      default ->
          throw new IllegalArgumentException(
              "an IP address has 4 or 16 bytes, not " + bytes.length);
    };
  }

  @Override
  default int compareTo(IpAddress other) {
    return switch (this) {
      case Ipv4Address a when other instanceof Ipv4Address b ->
          Integer.compareUnsigned(a.value(), b.value());
      case Ipv6Address a when other instanceof Ipv6Address b -> {
        int high = Long.compareUnsigned(a.high(), b.high());
        yield high != 0 ? high : Long.compareUnsigned(a.low(), b.low());
      }
      default -> family().compareTo(other.family());
    };
  }
}
