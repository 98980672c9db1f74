package dev.tweed.netlink.nft;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Bytes as they are in a packet: what a rule compares with, or an element of a set. */
public final class NfValue implements Comparable<NfValue> {

  /** A value that fits a register of the kernel (NFT_DATA_VALUE_MAXLEN). */
  public static final int MAX_BYTES = 64;

  private final byte[] bytes;

  private NfValue(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * These bytes.
   *
   * @throws IllegalArgumentException if there are none, or more than {@link #MAX_BYTES}
   */
  public static NfValue of(byte... bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("a value has 1.." + MAX_BYTES + " bytes");
    }
    return new NfValue(bytes.clone());
  }

  /** An address. */
  public static NfValue of(IpAddress address) {
    return new NfValue(address.toBytes());
  }

  /** A number of so many bytes in network byte order. */
  public static NfValue ofNumber(int value, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (value >>> 8 * (size - 1 - i));
    }
    return of(bytes);
  }

  /** A number of four bytes in the byte order of the host. */
  public static NfValue ofHostNumber(int value) {
    return of(ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array());
  }

  /** The mask of a prefix: that many bits. */
  public static NfValue ofMask(int length, int size) {
    byte[] bytes = new byte[size];
    for (int bit = 0; bit < length; bit++) {
      bytes[bit / 8] |= (byte) (0x80 >>> bit % 8);
    }
    return of(bytes);
  }

  /** Text with zeros behind it. */
  public static NfValue ofText(String text, int size) {
    return of(Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), size));
  }

  /** The number after this one; empty after the greatest. */
  public Optional<NfValue> next() {
    byte[] next = bytes.clone();
    for (int i = next.length - 1; i >= 0; i--) {
      if (++next[i] != 0) {
        return Optional.of(new NfValue(next));
      }
    }
    return Optional.empty();
  }

  /** Whether all its bits are 0. */
  public boolean isZero() {
    return Arrays.equals(bytes, new byte[bytes.length]);
  }

  /** The address it is; empty if it has another size. */
  public Optional<IpAddress> address() {
    return Arrays.stream(AddressFamily.values()).anyMatch(f -> f.bytes() == bytes.length)
        ? Optional.of(IpAddress.ofBytes(bytes))
        : Optional.empty();
  }

  /** How many bytes it has. */
  public int size() {
    return bytes.length;
  }

  /** A copy of them. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** As numbers in network byte order. */
  @Override
  public int compareTo(NfValue other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NfValue value && Arrays.equals(bytes, value.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** In hexadecimal. */
  @Override
  public String toString() {
    return "0x" + HexFormat.of().formatHex(bytes);
  }
}
