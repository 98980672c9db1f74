package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * Settings of a VXLAN device ({@code IFLA_VXLAN_*}).
 *
 * @param vni network identifier, 0..16777215
 * @param port UDP destination port, 0..65535
 * @param local the underlay address packets are sent from, if one is bound
 * @param remote the default destination or multicast group, if any
 * @param lowerIndex index of the underlay device, 0 when none is bound
 * @param learning whether peers' addresses are learned from received packets (a peer could then
 *     redirect others)
 * @param external whether the tunnel takes its parameters per packet (collect_md), which claims the
 *     whole UDP port
 * @param proxy whether ARP is answered by the device
 * @param l2miss whether unknown MAC addresses are reported
 * @param l3miss whether unknown IP addresses are reported
 * @param gbp whether the group-policy extension is on
 */
public record VxlanInfo(
    int vni,
    int port,
    Optional<IpAddress> local,
    Optional<IpAddress> remote,
    int lowerIndex,
    boolean learning,
    boolean external,
    boolean proxy,
    boolean l2miss,
    boolean l3miss,
    boolean gbp) {

  /** Refuses nulls. */
  public VxlanInfo {
    Objects.requireNonNull(local, "local");
    Objects.requireNonNull(remote, "remote");
  }
}
