package dev.tweed.crds;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Name of the NodeSubnet of one block. Two texts of the same block ({@code fd00::/64} and {@code
 * FD00:0::/64}) have one name, so that creating the object claims the block: the API server answers
 * 409 to the second owner.
 *
 * <p>IPv4: {@code 10-244-3-0-24}. IPv6, every group with four digits: {@code
 * fd00-0010-0244-0000-0000-0000-0000-0000-64}.
 *
 * @param value a valid object name (lower-case letters, digits and hyphens)
 */
public record NodeSubnetName(String value) {

  private static final Pattern V4 =
      Pattern.compile("(\\d{1,3})-(\\d{1,3})-(\\d{1,3})-(\\d{1,3})-(\\d{1,2})");
  private static final Pattern V6 = Pattern.compile("([0-9a-f]{4}-){8}\\d{1,3}");

  /**
   * Accepts canonical names only.
   *
   * @throws IllegalArgumentException if the value is not the canonical name of a block
   */
  public NodeSubnetName {
    if (!canonical(value).equals(value)) {
      throw new IllegalArgumentException(
          "'%s' is not the canonical name of its block; that is '%s'"
              .formatted(value, canonical(value)));
    }
  }

  /**
   * The name of a block.
   *
   * @param cidr address, slash and prefix length; any text form of the address
   * @throws IllegalArgumentException if it is no CIDR, or has bits set after the prefix; the
   *     message says which and what would be right
   */
  public static NodeSubnetName of(String cidr) {
    return of(network(cidr));
  }

  /** The name of a block that is canonical. */
  public static NodeSubnetName of(IpPrefix block) {
    return new NodeSubnetName(nameOf(block));
  }

  /** The block in its canonical text (RFC 5952 for IPv6): {@code 10.244.3.0/24}. */
  public String cidr() {
    return network(cidrText(value)).toString();
  }

  @Override
  public String toString() {
    return value;
  }

  private static String canonical(String name) {
    return nameOf(network(cidrText(name)));
  }

  private static IpPrefix network(String text) {
    return IpPrefix.tryParseNetwork(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    IpPrefix.tryParse(text)
                        .filter(p -> !p.isCanonical())
                        .map(
                            p ->
                                "'%s' has bits set after the prefix; write %s"
                                    .formatted(text, p.network()))
                        .orElse(
                            "'%s' is not a CIDR; expected such as 10.244.0.0/24 or fd00:10:244::/64"
                                .formatted(text))));
  }

  private static String cidrText(String name) {
    int slash = name.lastIndexOf('-');
    if (V4.matcher(name).matches()) {
      return name.substring(0, slash).replace('-', '.') + "/" + name.substring(slash + 1);
    }
    if (V6.matcher(name).matches()) {
      return name.substring(0, slash).replace('-', ':') + "/" + name.substring(slash + 1);
    }
    throw new IllegalArgumentException(
        "'%s' is not the name of a block; expected such as 10-244-3-0-24".formatted(name));
  }

  private static String nameOf(IpPrefix block) {
    byte[] address = block.address().toBytes();
    StringBuilder name = new StringBuilder(44);
    if (block.family() == AddressFamily.IPV4) {
      for (byte octet : address) {
        name.append(octet & 0xff).append('-');
      }
    } else {
      for (int group = 0; group < 16; group += 2) {
        name.append(HexFormat.of().formatHex(Arrays.copyOfRange(address, group, group + 2)))
            .append('-');
      }
    }
    return name.append(block.length()).toString();
  }
}
