package dev.tweed.netlink;

import java.util.Objects;
import java.util.Optional;

/**
 * A network device as the kernel reports it (RTM_NEWLINK).
 *
 * @param index interface index, above 0; never reused for a device re-created under its name
 * @param name 1..15 bytes
 * @param mac hardware address when it has six bytes
 * @param mtu bytes of an IP packet
 * @param flags {@code IFF_*} bits (linux/if.h)
 * @param operState RFC 2863 state
 * @param txQueueLength packets; 0 on a well-made tunnel (no queue discipline)
 * @param alias free text set by an administrator or owner ({@code ifalias}), at most 255 bytes
 * @param kind driver kind such as {@code vxlan} or {@code bridge}; empty for hardware
 * @param masterIndex index of the bridge or bond it belongs to, 0 for none
 * @param lowerIndex index of the device below ({@code IFLA_LINK}; for a veth its peer, which may be
 *     in another namespace), 0 for none
 * @param group device group number, 0 by default
 * @param vxlan present when kind is {@code vxlan}
 * @param bridge present when kind is {@code bridge}
 * @param bridgePort present when its master is a bridge
 * @param xdp whether a program of XDP is on it; or, of a veth, in its peer's driver, of which only
 *     a smaller limit of its MTU tells (veth_xdp_set() in drivers/net/veth.c)
 */
public record Link(
    int index,
    String name,
    Optional<MacAddress> mac,
    int mtu,
    int flags,
    OperState operState,
    int txQueueLength,
    Optional<String> alias,
    Optional<String> kind,
    int masterIndex,
    int lowerIndex,
    int group,
    Optional<VxlanInfo> vxlan,
    Optional<BridgeInfo> bridge,
    Optional<BridgePortInfo> bridgePort,
    boolean xdp) {

  private static final int IFF_UP = 0x1;
  private static final int IFF_LOOPBACK = 0x8;
  private static final int IFF_NOARP = 0x80;
  private static final int IFF_LOWER_UP = 0x10000;

  /** Refuses nulls. */
  public Link {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(operState, "operState");
    Objects.requireNonNull(alias, "alias");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(vxlan, "vxlan");
    Objects.requireNonNull(bridge, "bridge");
    Objects.requireNonNull(bridgePort, "bridgePort");
  }

  /** Whether an administrator has it up ({@code IFF_UP}). */
  public boolean isUp() {
    return (flags & IFF_UP) != 0;
  }

  /** Whether it has a carrier ({@code IFF_LOWER_UP}). */
  public boolean hasCarrier() {
    return (flags & IFF_LOWER_UP) != 0;
  }

  /** Whether it is a loopback device. */
  public boolean isLoopback() {
    return (flags & IFF_LOOPBACK) != 0;
  }

  /** Whether it has no neighbours to look for: it is no link that nodes share. */
  public boolean isNoArp() {
    return (flags & IFF_NOARP) != 0;
  }
}
