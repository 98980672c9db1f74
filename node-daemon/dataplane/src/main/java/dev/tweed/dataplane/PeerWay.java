package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * How packets get to a block of another node.
 *
 * @param node name of the Node
 * @param block its pods' addresses
 * @param device name of the device they leave by
 * @param underlay the other node's address
 * @param mac hardware address of the other node's tunnel device; empty where a plain route leads
 *     there
 * @param mtu the longest packet its pods take, in bytes; 0 where that is no shorter than this
 *     node's pods send
 */
public record PeerWay(
    String node,
    IpPrefix block,
    String device,
    IpAddress underlay,
    Optional<MacAddress> mac,
    int mtu) {
  /** Refuses nulls. */
  public PeerWay {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(underlay, "underlay");
    Objects.requireNonNull(mac, "mac");
  }
}
