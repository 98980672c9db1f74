package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The bridge pods are attached to, as it should be.
 *
 * @param name device name
 * @param alias our mark
 * @param mac hardware address; fixed, because pods keep it as their gateway's
 * @param mtu bytes
 * @param gateways the first address of each block with the block's length. The CNI plugin refuses a
 *     bridge that has any other IPv4 address
 * @param ports indexes of pods' devices known to have been its ports: when somebody deletes the
 *     bridge, they are attached to the new one
 * @param hairpin whether those attached again are ports that send back what came from them
 */
public record BridgeDevice(
    String name,
    String alias,
    MacAddress mac,
    int mtu,
    List<IpPrefix> gateways,
    Set<Integer> ports,
    boolean hairpin) {
  /** Copies the collections. */
  public BridgeDevice {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(alias, "alias");
    Objects.requireNonNull(mac, "mac");
    gateways = List.copyOf(gateways);
    ports = Set.copyOf(ports);
  }
}
