package dev.tweed.netlink;

import java.util.HexFormat;
import java.util.Optional;

/**
 * An Ethernet address (EUI-48).
 *
 * @param value the 48 bits, first byte most significant
 */
public record MacAddress(long value) implements Comparable<MacAddress> {

  private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

  /** Bytes of an Ethernet address. */
  public static final int BYTES = 6;

  /** Refuses more than 48 bits. */
  public MacAddress {
    if (value >>> 48 != 0) {
      throw new IllegalArgumentException("a MAC address has 48 bits: " + Long.toHexString(value));
    }
  }

  /**
   * Reads six two-digit hexadecimal groups separated by colons, in either case.
   *
   * @throws IllegalArgumentException naming the text when it is anything else
   */
  public static MacAddress parse(String text) {
    return tryParse(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is not a MAC address; write it like 02:00:5e:10:00:01"));
  }

  /** As {@link #parse}, with a bad text as an empty result. */
  public static Optional<MacAddress> tryParse(String text) {
    if (text.length() != 17) {
      return Optional.empty();
    }
    try {
      return Optional.of(ofBytes(COLONS.parseHex(text)));
    } catch (IllegalArgumentException notHex) {
      return Optional.empty();
    }
  }

  /** The address of exactly six bytes. */
  public static MacAddress ofBytes(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a MAC address has 6 bytes, not " + bytes.length);
    }
    long value = 0;
    for (byte b : bytes) {
      value = value << 8 | b & 0xff;
    }
    return new MacAddress(value);
  }

  /** A fresh array of the six bytes. */
  public byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) (value >>> 40 - 8 * i);
    }
    return bytes;
  }

  /** Whether the group bit is set; such an address cannot be an interface's own. */
  public boolean isMulticast() {
    return (value >>> 40 & 1) != 0;
  }

  /** Whether the address was made up locally rather than assigned to a maker. */
  public boolean isLocallyAdministered() {
    return (value >>> 40 & 2) != 0;
  }

  /** Whether all bits are zero, which no interface may have. */
  public boolean isZero() {
    return value == 0;
  }

  @Override
  public int compareTo(MacAddress other) {
    return Long.compare(value, other.value);
  }

  // By hand for speed: see Ipv4Address.

  @Override
  public boolean equals(Object other) {
    return other instanceof MacAddress that && value == that.value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public String toString() {
    return COLONS.formatHex(toBytes());
  }
}
