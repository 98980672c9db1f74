package dev.tweed.firewall.ruleset;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A range of addresses.
 *
 * @param address 4 or 16 bytes
 * @param length prefix length, 0..32 or 0..128
 */
public record Prefix(byte[] address, int length) {

  /**
   * Reads {@code 10.0.0.0/8} or a single address; empty if it is neither. Never asks a name server.
   */
  public static Optional<Prefix> parse(String text) {
    int slash = text.indexOf('/');
    try {
      byte[] address =
          InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
      int bits = address.length * 8;
      int length = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
      return length >= 0 && length <= bits
          ? Optional.of(new Prefix(address, length))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** 4 or 6. */
  public int family() {
    return address.length == 4 ? 4 : 6;
  }

  /** Whether every address of the other is in this one. */
  boolean contains(Prefix other) {
    return other.length >= length && overlaps(other);
  }

  /** Whether an address is in both. */
  boolean overlaps(Prefix other) {
    if (address.length != other.address.length) {
      return false;
    }
    for (int bit = 0; bit < Math.min(length, other.length); bit++) {
      int mask = 0x80 >> bit % 8;
      if ((address[bit / 8] & mask) != (other.address[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }
}
