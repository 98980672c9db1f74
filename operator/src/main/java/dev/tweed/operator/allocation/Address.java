package dev.tweed.operator.allocation;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/** One IP address. */
record Address(Family family, BigInteger value) {
  // No leading zeros: some parsers read them as octal (CVE-2021-29923).
  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final Pattern DOTTED = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
  private static final Pattern COLONS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  /** Reads an IPv4 or IPv6 literal; never looks a name up. IPv4-mapped IPv6 is refused. */
  static Optional<Address> parse(String text) {
    if (text == null) {
      return Optional.empty();
    }
    if (DOTTED.matcher(text).matches()) {
      BigInteger value = BigInteger.ZERO;
      for (String octet : text.split("\\.")) {
        value = value.shiftLeft(8).or(BigInteger.valueOf(Integer.parseInt(octet)));
      }
      return Optional.of(new Address(Family.IPV4, value));
    }
    if (text.indexOf(':') < 0 || !COLONS.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return switch (Inet6Address.ofLiteral(text)) {
        case Inet6Address six ->
            Optional.of(new Address(Family.IPV6, new BigInteger(1, six.getAddress())));
        case InetAddress mapped -> Optional.empty();
      };
    } catch (IllegalArgumentException notAnAddress) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return switch (family) {
      case IPV4 -> dotted();
      case IPV6 -> compressed();
    };
  }

  private String dotted() {
    int v = value.intValue();
    return (v >>> 24) + "." + (v >>> 16 & 255) + "." + (v >>> 8 & 255) + "." + (v & 255);
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
    return value.shiftRight(112 - 16 * index).intValue() & 0xffff;
  }
}
