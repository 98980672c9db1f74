package dev.tweed.netlink.nft;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Bytes as they are in a packet: what a rule compares with, or an element of a set. */
public final class NfValue {

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
