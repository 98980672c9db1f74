package dev.tweed.crds;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A CIDR read from text, strictly: four decimal octets without leading zeros, or IPv6 without zone
 * and without an embedded IPv4 address. The same texts pass that pass {@code isCIDR} in the CRDs.
 *
 * @param address 4 or 16 bytes
 * @param prefixLength 0..32 or 0..128
 */
record CidrText(byte[] address, int prefixLength) {

  private static final String OCTET = "(0|[1-9]\\d{0,2})";
  private static final Pattern V4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
  // Only the alphabet: the literal parser below checks the rest, and never asks a name server.
  private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:]*");
  private static final Pattern LENGTH = Pattern.compile("0|[1-9]\\d{0,2}");

  static CidrText parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    String length = slash < 0 ? "" : text.substring(slash + 1);
    if (!LENGTH.matcher(length).matches()
        || !(V4.matcher(address).matches() || V6.matcher(address).matches())) {
      throw notCidr(text, null);
    }
    byte[] bytes;
    try {
      bytes = InetAddress.ofLiteral(address).getAddress();
    } catch (IllegalArgumentException e) {
      throw notCidr(text, e);
    }
    // ::ffff:a00:1 comes back as four bytes: an IPv4-mapped address, which no pod may have.
    boolean mapped = bytes.length == 4 && address.indexOf(':') >= 0;
    int prefixLength = Integer.parseInt(length);
    if (mapped || prefixLength > bytes.length * 8) {
      throw notCidr(text, null);
    }
    return new CidrText(bytes, prefixLength);
  }

  /** This, unless a bit is set after the prefix. */
  CidrText requireMasked() {
    CidrText masked = masked();
    if (!Arrays.equals(masked.address, address)) {
      throw new IllegalArgumentException(
          "'%s' has bits set after the prefix; write %s".formatted(this, masked));
    }
    return this;
  }

  private CidrText masked() {
    byte[] bytes = address.clone();
    for (int bit = prefixLength; bit < bytes.length * 8; bit++) {
      bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
    }
    return new CidrText(bytes, prefixLength);
  }

  private static IllegalArgumentException notCidr(String text, Throwable cause) {
    return new IllegalArgumentException(
        "'%s' is not a CIDR; expected such as 10.244.0.0/24 or fd00:10:244::/64".formatted(text),
        cause);
  }

  /** Canonical text; for IPv6 that of RFC 5952. */
  @Override
  public String toString() {
    return (address.length == 4 ? dotted() : compressed()) + "/" + prefixLength;
  }

  private String dotted() {
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // four bytes are always an address
    }
  }

  private String compressed() {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (address[2 * i] & 0xff) << 8 | address[2 * i + 1] & 0xff;
    }
    int start = -1; // the first longest run of zero groups, if of two or more (RFC 5952 §4.2)
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int run = 0;
      while (i + run < 8 && groups[i + run] == 0) {
        run++;
      }
      if (run > length) {
        start = i;
        length = run;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; ) {
      if (i == start) {
        text.append("::");
        i += length;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i++]));
      }
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CidrText that
        && prefixLength == that.prefixLength
        && Arrays.equals(address, that.address);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(address) + prefixLength;
  }
}
