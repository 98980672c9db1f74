package dev.tweed.dataplane.plan;

import dev.tweed.netlink.MacAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** Hardware addresses that devices keep when they have to be made anew. */
final class DerivedMac {
  private DerivedMac() {}

  /** Of a device of a node; locally administered. */
  static MacAddress of(String node, String device) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((node + "/" + device).getBytes(StandardCharsets.UTF_8));
      byte[] mac = Arrays.copyOf(hash, MacAddress.BYTES);
      mac[0] = (byte) (mac[0] & 0xfc | 0x02);
      return MacAddress.ofBytes(mac);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
