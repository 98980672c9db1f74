package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Objects;

/**
 * This node.
 *
 * @param name name of the Node
 * @param blocks what its pods get addresses from, canonical; the first of each family names the
 *     tunnel's own address
 * @param retiring those of the blocks that only running pods have addresses of: no other node knows
 *     that they are here
 * @param nodeIps underlay addresses, at most one of each family
 * @param vtepMac address of the tunnel device, unicast
 */
public record OwnNode(
    String name,
    List<IpPrefix> blocks,
    List<IpPrefix> retiring,
    List<IpAddress> nodeIps,
    MacAddress vtepMac) {
  /** Copies the lists. */
  public OwnNode {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(vtepMac, "vtepMac");
    blocks = List.copyOf(blocks);
    retiring = List.copyOf(retiring);
    nodeIps = List.copyOf(nodeIps);
  }

  /** Without blocks that retire. */
  public OwnNode(String name, List<IpPrefix> blocks, List<IpAddress> nodeIps, MacAddress vtepMac) {
    this(name, blocks, List.of(), nodeIps, vtepMac);
  }
}
