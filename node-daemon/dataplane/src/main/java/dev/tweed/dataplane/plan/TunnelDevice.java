package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Objects;

/**
 * A VXLAN device as it should be.
 *
 * @param name device name
 * @param alias our mark
 * @param mac hardware address; every peer has it in its tables
 * @param mtu bytes
 * @param vni network identifier
 * @param port UDP destination port
 * @param local underlay address packets are sent from
 * @param lowerIndex underlay device, 0 when the address lives on no device that sends (loopback)
 * @param addresses the network address of the node's first block of each family, as /32 or /128.
 *     Without it, packets of the host to remote pods take an underlay address as source and their
 *     replies bypass the tunnel
 */
public record TunnelDevice(
    String name,
    String alias,
    MacAddress mac,
    int mtu,
    int vni,
    int port,
    IpAddress local,
    int lowerIndex,
    List<IpPrefix> addresses) {
  /** Copies the list. */
  public TunnelDevice {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(alias, "alias");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(local, "local");
    addresses = List.copyOf(addresses);
  }
}
