package dev.tweed.netlink.codec;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A cursor over netlink attributes: {@code while (a.next()) switch (a.type())}. Every step moves
 * forward by at least four bytes, so it always ends.
 */
final class AttributeReader {
  private final ByteBuffer bytes;
  private final int end;
  private int following;
  private int type;
  private int start;
  private int length;

  /** Over {@code bytes[from, to)}; the buffer is in native order. */
  AttributeReader(ByteBuffer bytes, int from, int to) {
    this.bytes = bytes;
    this.following = from;
    this.end = to;
  }

  /** Moves to the next attribute; false at the end. Up to three bytes at the end are padding. */
  boolean next() {
    if (end - following < Rt.NLA_HEADER_BYTES) {
      return false;
    }
    int total = bytes.getShort(following) & 0xffff;
    if (total < Rt.NLA_HEADER_BYTES || total > end - following) {
      throw NetlinkException.malformed("attribute of " + total + " bytes in " + (end - following));
    }
    type = bytes.getShort(following + 2) & Rt.NLA_TYPE_MASK;
    start = following + Rt.NLA_HEADER_BYTES;
    length = total - Rt.NLA_HEADER_BYTES;
    following = Math.min(end, following + Rt.align(total));
    return true;
  }

  /** Type of the current attribute, without the NESTED and NET_BYTEORDER flags. */
  int type() {
    return type;
  }

  int u8() {
    require(1);
    return bytes.get(start) & 0xff;
  }

  boolean flag() {
    return u8() != 0;
  }

  int u16() {
    require(2);
    return bytes.getShort(start) & 0xffff;
  }

  int s32() {
    require(4);
    return bytes.getInt(start);
  }

  long u32() {
    return s32() & 0xffff_ffffL;
  }

  /** A 16-bit number in network byte order, whatever this machine's. */
  int u16NetworkOrder() {
    require(2);
    return (bytes.get(start) & 0xff) << 8 | bytes.get(start + 1) & 0xff;
  }

  /** A 32-bit number in network byte order, whatever this machine's. */
  int s32NetworkOrder() {
    int value = s32();
    return bytes.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
  }

  /** A 64-bit number in network byte order, whatever this machine's. */
  long s64NetworkOrder() {
    require(8);
    long value = bytes.getLong(start);
    return bytes.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value);
  }

  /** Text up to the first NUL. */
  String text() {
    byte[] all = raw();
    int size = 0;
    while (size < all.length && all[size] != 0) {
      size++;
    }
    return new String(all, 0, size, StandardCharsets.UTF_8);
  }

  /** An IP address of 4 or 16 bytes. */
  IpAddress ip() {
    if (length != AddressFamily.IPV4.bytes() && length != AddressFamily.IPV6.bytes()) {
      throw NetlinkException.malformed("IP address of " + length + " bytes");
    }
    return IpAddress.ofBytes(raw());
  }

  /** An IP address of this family, and no other. */
  IpAddress ip(AddressFamily family) {
    require(family.bytes());
    return IpAddress.ofBytes(raw());
  }

  /** A gateway with its family in front ({@code struct rtvia}); empty for other families. */
  Optional<IpAddress> via() {
    if (length < 2) {
      throw NetlinkException.malformed("gateway of " + length + " bytes");
    }
    int family = bytes.getShort(start) & 0xffff;
    for (AddressFamily known : AddressFamily.values()) {
      if (known.number() == family && length == 2 + known.bytes()) {
        byte[] address = new byte[known.bytes()];
        bytes.get(start + 2, address);
        return Optional.of(IpAddress.ofBytes(address));
      }
    }
    return Optional.empty();
  }

  /** An Ethernet address; empty for hardware with addresses of another length. */
  Optional<MacAddress> mac() {
    return length == MacAddress.BYTES ? Optional.of(MacAddress.ofBytes(raw())) : Optional.empty();
  }

  /** The attributes inside the current one. */
  AttributeReader nested() {
    return new AttributeReader(bytes, start, start + length);
  }

  /** Start of the current attribute's value in the buffer. */
  int start() {
    return start;
  }

  /** End of the current attribute's value in the buffer. */
  int end() {
    return start + length;
  }

  /** The buffer itself, for values that are no attributes (nexthops). */
  ByteBuffer bytes() {
    return bytes;
  }

  /** A copy of the value. */
  byte[] raw() {
    byte[] all = new byte[length];
    bytes.get(start, all);
    return all;
  }

  private void require(int wanted) {
    if (length != wanted) {
      throw NetlinkException.malformed(
          "attribute " + type + " has " + length + " bytes, not " + wanted);
    }
  }
}
