package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.MacAddress;
import java.util.Objects;

/**
 * A block of another node and how to reach it.
 *
 * @param node name of the Node
 * @param block its pods' addresses
 * @param path how packets get there
 * @param mtu bytes of the largest packet its pods take, where that is less than this node's pods
 *     send; else 0
 */
public record PlannedPeer(String node, IpPrefix block, Path path, int mtu) {
  /** Refuses nulls. */
  public PlannedPeer {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(path, "path");
  }

  /** How packets get to a peer. */
  public sealed interface Path {
    /** Device they leave by. */
    String device();

    /**
     * Through a tunnel device: an FDB entry, a permanent neighbour and a route.
     *
     * @param device the tunnel device
     * @param vtep the peer's underlay address
     * @param mac the peer's tunnel device's address
     */
    record Tunnelled(String device, IpAddress vtep, MacAddress mac) implements Path {}

    /**
     * By a plain route.
     *
     * @param device the link both nodes are on
     * @param gateway the peer's underlay address
     */
    record Direct(String device, IpAddress gateway) implements Path {}
  }

  /** The route to the block. */
  public PlannedRoute route() {
    return switch (path) {
      case Path.Tunnelled tunnel ->
          new PlannedRoute(block, gateway(tunnel.mac()), tunnel.device(), true, mtu);
      case Path.Direct direct ->
          new PlannedRoute(block, direct.gateway(), direct.device(), false, mtu);
    };
  }

  /**
   * What stands for the peer's tunnel device as next hop and neighbour. For IPv4 it is the block's
   * network address, which no host has; for IPv6 the link-local address that the device has by its
   * MAC address (RFC 4291 appendix A): any other the kernel refuses while somebody's route by
   * another device, such as a leftover bridge, covers it (ip6_route_check_nh_onlink() in
   * net/ipv6/route.c).
   */
  private IpAddress gateway(MacAddress mac) {
    return switch (block.address()) {
      case Ipv4Address network -> network;
      case Ipv6Address _ -> {
        long value = mac.value() ^ 0x02_00_00_00_00_00L;
        yield new Ipv6Address(
            0xfe80L << 48, (value >>> 24) << 40 | 0xff_fe00_0000L | value & 0xff_ffff);
      }
    };
  }
}
