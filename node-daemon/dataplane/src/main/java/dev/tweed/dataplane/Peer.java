package dev.tweed.dataplane;

import dev.tweed.netlink.IpAddress;
import dev.tweed.netlink.IpPrefix;
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
 * @param mtu MTU of its pods, bytes; 0 while it is not known
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

  /** One whose pods' MTU is not known. */
  public Peer(String node, IpPrefix block, List<IpAddress> nodeIps, MacAddress vtepMac) {
    this(node, block, nodeIps, vtepMac, 0);
  }
}
