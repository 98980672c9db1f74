package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A forwarding database entry: behind which VTEP (VXLAN) or port (bridge) a MAC address lives
 * (RTM_NEWNEIGH, family AF_BRIDGE).
 *
 * @param linkIndex index of the VXLAN device or bridge port
 * @param mac the destination; all zero is the entry for flooded packets
 * @param vtep underlay address of the remote VTEP; empty for bridge entries
 * @param state {@code NUD_*} bits
 * @param flags {@code NTF_*} bits; {@link #SELF} for the device's own table
 * @param masterIndex the bridge whose table holds it, 0 for the device's own
 * @param vlan VLAN id, 0 for none
 * @param port UDP port when it differs from the device's, else 0
 * @param vni network identifier when it differs from the device's, else 0
 * @param viaLinkIndex device the packets leave by when the entry names one, else 0
 */
public record FdbEntry(
    int linkIndex,
    MacAddress mac,
    Optional<IpAddress> vtep,
    NeighbourState state,
    int flags,
    int masterIndex,
    int vlan,
    int port,
    int vni,
    int viaLinkIndex) {

  /** The entry is in the device's own table ({@code NTF_SELF}). */
  public static final int SELF = 0x02;

  /** Refuses nulls. */
  public FdbEntry {
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(vtep, "vtep");
    Objects.requireNonNull(state, "state");
  }

  /** The entry of a VXLAN peer: it never expires, and equals what a dump reports for it. */
  public static FdbEntry permanent(int linkIndex, MacAddress mac, IpAddress vtep) {
    return new FdbEntry(
        linkIndex, mac, Optional.of(vtep), NeighbourState.PERMANENT, SELF, 0, 0, 0, 0, 0);
  }
}
