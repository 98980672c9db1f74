package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A neighbour: which MAC address an IP address has on a link (RTM_NEWNEIGH, the ARP and NDP
 * tables).
 *
 * @param linkIndex index of the device
 * @param address the neighbour's IP address
 * @param mac its hardware address, if known
 * @param state {@code NUD_*} bits
 * @param flags {@code NTF_*} bits (linux/neighbour.h)
 */
public record Neighbour(
    int linkIndex, IpAddress address, Optional<MacAddress> mac, NeighbourState state, int flags) {

  /** Refuses nulls. */
  public Neighbour {
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(state, "state");
  }

  /** An entry that never expires. */
  public static Neighbour permanent(int linkIndex, IpAddress address, MacAddress mac) {
    return new Neighbour(linkIndex, address, Optional.of(mac), NeighbourState.PERMANENT, 0);
  }
}
