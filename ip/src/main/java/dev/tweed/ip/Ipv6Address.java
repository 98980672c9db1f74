package dev.tweed.ip;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An IPv6 address. {@link #toString} follows RFC 5952: lower case, longest run of zero groups
 * shortened, IPv4-mapped addresses with a dotted tail.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record Ipv6Address(long high, long low) implements IpAddress {

  private static final int GROUPS = 8;

  /** The address of 16 bytes in network byte order. */
  public static Ipv6Address ofBytes(byte[] bytes) {
    if (bytes.length != 16) {
      throw new IllegalArgumentException("an IPv6 address has 16 bytes, not " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Ipv6Address(buffer.getLong(), buffer.getLong());
  }

  /** RFC 4291 section 2.2 text; anything else is empty. */
  static Optional<Ipv6Address> tryParse(String text) {
    if (text.length() < 2 || text.length() > 45) {
      return Optional.empty();
    }
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text, true)
          .filter(groups -> groups.length == GROUPS)
          .map(groups -> ofGroups(groups, new int[0]));
    }
    // A second "::", or ":::", leaves an empty group behind, which groups() refuses.
    Optional<int[]> left = groups(text.substring(0, gap), false);
    Optional<int[]> right = groups(text.substring(gap + 2), true);
    if (left.isEmpty() || right.isEmpty() || left.get().length + right.get().length > GROUPS - 1) {
      return Optional.empty();
    }
    return Optional.of(ofGroups(left.get(), right.get()));
  }

  /** The colon-separated 16-bit groups of {@code text}; a dotted IPv4 tail counts as two. */
  private static Optional<int[]> groups(String text, boolean tailAllowed) {
    if (text.isEmpty()) {
      return Optional.of(new int[0]);
    }
    String[] parts = text.split(":", -1);
    if (parts.length > GROUPS) {
      return Optional.empty();
    }
    boolean dotted = tailAllowed && parts[parts.length - 1].indexOf('.') >= 0;
    int[] groups = new int[dotted ? parts.length + 1 : parts.length];
    for (int i = 0; i < parts.length; i++) {
      if (dotted && i == parts.length - 1) {
        Optional<Ipv4Address> tail = Ipv4Address.tryParse(parts[i]);
        if (tail.isEmpty()) {
          return Optional.empty();
        }
        groups[i] = tail.get().value() >>> 16;
        groups[i + 1] = tail.get().value() & 0xffff;
        continue;
      }
      int group = group(parts[i]);
      if (group < 0) {
        return Optional.empty();
      }
      groups[i] = group;
    }
    return Optional.of(groups);
  }

  /** One to four hexadecimal ASCII digits, or -1. */
  private static int group(String text) {
    if (text.isEmpty() || text.length() > 4) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private static Ipv6Address ofGroups(int[] left, int[] right) {
    long[] halves = new long[2];
    for (int i = 0; i < left.length; i++) {
      halves[i / 4] |= (long) left[i] << 48 - 16 * (i % 4);
    }
    for (int i = 0; i < right.length; i++) {
      int at = GROUPS - right.length + i;
      halves[at / 4] |= (long) right[i] << 48 - 16 * (at % 4);
    }
    return new Ipv6Address(halves[0], halves[1]);
  }

  private int groupAt(int index) {
    return (int) ((index < 4 ? high : low) >>> 48 - 16 * (index % 4)) & 0xffff;
  }

  @Override
  public AddressFamily family() {
    return AddressFamily.IPV6;
  }

  @Override
  public byte[] toBytes() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  @Override
  public Ipv6Address masked(int length) {
    if (length < 0 || length > 128) {
      throw new IllegalArgumentException("an IPv6 prefix length is 0..128, not " + length);
    }
    return new Ipv6Address(high & mask(Math.min(length, 64)), low & mask(Math.max(length - 64, 0)));
  }

  @Override
  public Ipv6Address filled(int length) {
    if (length < 0 || length > 128) {
      throw new IllegalArgumentException("an IPv6 prefix length is 0..128, not " + length);
    }
    return new Ipv6Address(
        high | ~mask(Math.min(length, 64)), low | ~mask(Math.max(length - 64, 0)));
  }

  @Override
  public Ipv6Address plus(long number, int shift) {
    long addedLow = shift < 64 ? number << shift : 0;
    long addedHigh =
        shift == 0 || shift == 128 ? 0 : shift < 64 ? number >>> 64 - shift : number << shift - 64;
    long sum = low + addedLow;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new Ipv6Address(high + addedHigh + carry, sum);
  }

  @Override
  public long minus(IpAddress other, int shift) {
    Ipv6Address less = (Ipv6Address) other;
    if (compareTo(less) <= 0) {
      return 0;
    }
    long lower = low - less.low;
    long upper = high - less.high - (Long.compareUnsigned(low, less.low) < 0 ? 1 : 0);
    if (shift >= 64) {
      lower = shift == 128 ? 0 : upper >>> shift - 64;
      upper = 0;
    } else if (shift > 0) {
      lower = lower >>> shift | upper << 64 - shift;
      upper = upper >>> shift;
    }
    return upper != 0 || lower < 0 ? Long.MAX_VALUE : lower;
  }

  private static long mask(int bits) {
    return bits == 0 ? 0 : -1L << (64 - bits);
  }

  @Override
  public boolean isUnspecified() {
    return high == 0 && low == 0;
  }

  @Override
  public boolean isMulticast() {
    return high >>> 56 == 0xff;
  }

  @Override
  public boolean isLoopback() {
    return high == 0 && low == 1;
  }

  @Override
  public boolean isLinkLocal() {
    return high >>> 54 == 0xfe80 >>> 6;
  }

  // By hand for speed: see Ipv4Address.

  @Override
  public boolean equals(Object other) {
    return other instanceof Ipv6Address that && high == that.high && low == that.low;
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(high) + Long.hashCode(low);
  }

  @Override
  public String toString() {
    if (high == 0 && low >>> 32 == 0xffff) {
      return "::ffff:" + new Ipv4Address((int) low);
    }
    int runStart = -1;
    int runLength = 1; // a single zero group is not shortened (RFC 5952 section 4.2.2)
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && groupAt(end) == 0) {
        end++;
      }
      if (end - i > runLength) {
        runStart = i;
        runLength = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (i == runStart) {
        text.append("::");
        i += runLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groupAt(i)));
    }
    return text.toString();
  }
}
