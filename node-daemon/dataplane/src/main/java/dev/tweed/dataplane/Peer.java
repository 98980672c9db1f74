package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Objects;

/**
 * One block of another node (one NodeSubnet). The values are whatever that object says: the planner
 * judges them.
 *
 * @param node name of the Node
 * @param block what its pods get addresses from
 * @param nodeIps underlay addresses by which it is reached
 * @param vtepMac address of its tunnel device
 * @param mtu the largest packets it is to be sent, bytes; 0 for any
 */
public record Peer(
    String node, IpPrefix block, List<IpAddress> nodeIps, MacAddress vtepMac, int mtu) {
  /** Copies the list. */
  public Peer {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(vtepMac, "vtepMac");
    nodeIps = List.copyOf(nodeIps);
  }

  /** One that takes packets of any size. */
  public Peer(String node, IpPrefix block, List<IpAddress> nodeIps, MacAddress vtepMac) {
    this(node, block, nodeIps, vtepMac, 0);
  }

  /** The same, to be sent no larger packets than these, in bytes. */
  public Peer withMtuAtMost(int most) {
    return new Peer(node, block, nodeIps, vtepMac, mtu == 0 ? most : Math.min(mtu, most));
  }
}
