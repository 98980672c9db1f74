package dev.tweed.agent.trace;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.List;

/**
 * A peer whose packets are counted.
 *
 * @param block of the other node
 * @param probe address in it that is probed, and that it probes from
 * @param nodeIps underlay addresses of the node
 */
record TracedPeer(IpPrefix block, IpAddress probe, List<IpAddress> nodeIps) {
  TracedPeer {
    nodeIps = List.copyOf(nodeIps);
  }
}
