package dev.tweed.dataplane.plan;

import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Sha256;
import java.util.Arrays;

/** Hardware addresses that devices keep when they have to be made anew. */
final class DerivedMac {
  private DerivedMac() {}

  /** Of a device of a node; locally administered. */
  static MacAddress of(String node, String device) {
    byte[] mac = Arrays.copyOf(Sha256.of(node + "/" + device), MacAddress.BYTES);
    mac[0] = (byte) (mac[0] & 0xfc | 0x02);
    return MacAddress.ofBytes(mac);
  }
}
