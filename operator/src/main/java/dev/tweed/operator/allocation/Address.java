package dev.tweed.operator.allocation;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * One IP address, as an unsigned number of 128 bits.
 *
 * @param high its upper half; zero for IPv4
 * @param low its lower half
 */
public record Address(Family family, long high, long low) implements Comparable<Address> {
  public Address {
    if (family == Family.IPV4 && (high != 0 || low >>> 32 != 0)) {
      throw new IllegalArgumentException("address out of range of " + family);
    }
  }

  /** Reads an IPv4 or IPv6 literal; never looks a name up. IPv4-mapped IPv6 is refused. */
  static Optional<Address> parse(String text) {
    if (text == null) {
      return Optional.empty();
    }
    return text.indexOf(':') < 0 ? parseDotted(text) : parseColons(text);
  }

  // By hand: each run of the loop reads some thousands. No leading zeros: some parsers read them
  // as octal (CVE-2021-29923).
  private static Optional<Address> parseDotted(String text) {
    long value = 0;
    int octets = 0;
    int octet = -1;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '.';
      if (c == '.') {
        if (octet < 0 || ++octets > 4) {
          return Optional.empty();
        }
        value = value << 8 | octet;
        octet = -1;
      } else if (c < '0' || c > '9' || octet == 0 || octet > 25) {
        return Optional.empty();
      } else {
        octet = octet < 0 ? c - '0' : octet * 10 + c - '0';
        if (octet > 255) {
          return Optional.empty();
        }
      }
    }
    return octets == 4 ? Optional.of(new Address(Family.IPV4, 0, value)) : Optional.empty();
  }

  private static Optional<Address> parseColons(String text) {
    if (text.length() > 45 || !text.chars().allMatch(Address::mayBeInColons)) {
      return Optional.empty();
    }
    try {
      return switch (Inet6Address.ofLiteral(text)) {
        case Inet6Address six -> Optional.of(of(six.getAddress()));
        case InetAddress mapped -> Optional.empty();
      };
    } catch (IllegalArgumentException notAnAddress) {
      return Optional.empty();
    }
  }

  private static boolean mayBeInColons(int c) {
    return c == ':' || c == '.' || Character.digit(c, 16) >= 0 && c < 128;
  }

  private static Address of(byte[] six) {
    long high = 0;
    long low = 0;
    for (int i = 0; i < 8; i++) {
      high = high << 8 | six[i] & 0xff;
      low = low << 8 | six[i + 8] & 0xff;
    }
    return new Address(Family.IPV6, high, low);
  }

  /** The same with the given number of lowest bits set. */
  Address withLowestSet(int bits) {
    return new Address(family, high | upperMask(bits), low | lowerMask(bits));
  }

  /** Whether none of the given number of lowest bits is set. */
  boolean lowestAreZero(int bits) {
    return (high & upperMask(bits)) == 0 && (low & lowerMask(bits)) == 0;
  }

  /** Whether the other differs in none but the given number of lowest bits. */
  boolean isSameAbove(int bits, Address other) {
    return ((high ^ other.high) & ~upperMask(bits)) == 0
        && ((low ^ other.low) & ~lowerMask(bits)) == 0;
  }

  private static long upperMask(int bits) {
    return bits <= 64 ? 0 : -1L >>> 128 - bits;
  }

  private static long lowerMask(int bits) {
    return bits == 0 ? 0 : -1L >>> 64 - Math.min(bits, 64);
  }

  /** This plus a number shifted to the left. */
  Address plus(long number, int shift) {
    long addedLow = shift < 64 ? number << shift : 0;
    long addedHigh = shift == 0 ? 0 : shift < 64 ? number >>> 64 - shift : number << shift - 64;
    long sum = low + addedLow;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new Address(family, high + addedHigh + carry, sum);
  }

  /**
   * This minus another, shifted to the right.
   *
   * @return 0 when the other is greater, and the greatest number when it is beyond that
   */
  long minus(Address other, int shift) {
    if (compareTo(other) <= 0) {
      return 0;
    }
    long lower = low - other.low;
    long upper = high - other.high - (Long.compareUnsigned(low, other.low) < 0 ? 1 : 0);
    if (shift >= 64) {
      lower = shift == 128 ? 0 : upper >>> shift - 64;
      upper = 0;
    } else if (shift > 0) {
      lower = lower >>> shift | upper << 64 - shift;
      upper = upper >>> shift;
    }
    return upper != 0 || lower < 0 ? Long.MAX_VALUE : lower;
  }

  @Override
  public int compareTo(Address other) {
    int order = family.compareTo(other.family);
    if (order == 0) {
      order = Long.compareUnsigned(high, other.high);
    }
    return order == 0 ? Long.compareUnsigned(low, other.low) : order;
  }

  @Override
  public String toString() {
    return switch (family) {
      case IPV4 -> dotted();
      case IPV6 -> compressed();
    };
  }

  private String dotted() {
    return (low >>> 24) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
  }

  // RFC 5952 4.2: the longest run of two or more zero groups, the first of equals, becomes "::".
  private String compressed() {
    int bestStart = -1;
    int bestLength = 1;
    for (int start = 0; start < 8; start++) {
      int end = start;
      while (end < 8 && group(end) == 0) {
        end++;
      }
      if (end - start > bestLength) {
        bestStart = start;
        bestLength = end - start;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int group = 0; group < 8; group++) {
      if (group == bestStart) {
        text.append("::");
        group += bestLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(group)));
      }
    }
    return text.toString();
  }

  private int group(int index) {
    return (int) ((index < 4 ? high : low) >>> 48 - 16 * (index % 4)) & 0xffff;
  }
}
