package dev.tweed.dataplane;

import java.util.List;
import java.util.Objects;

/**
 * All that the data path of this node follows from.
 *
 * @param network the PodNetwork this node belongs to
 * @param self this node
 * @param peers the blocks of the other nodes, <b>oldest first</b>: where two claim the same
 *     address, the earlier one keeps it. Otherwise their order means nothing.
 * @param remembered whether this is what was so once, and may be so no more: what is in the kernel
 *     then stays, and only what is missing is added
 * @param hostPorts ports of this node that lead to its pods
 */
public record ClusterSnapshot(
    NetworkParameters network,
    OwnNode self,
    List<Peer> peers,
    boolean remembered,
    List<HostPort> hostPorts) {
  /** Copies the lists. */
  public ClusterSnapshot {
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(self, "self");
    peers = List.copyOf(peers);
    hostPorts = List.copyOf(hostPorts);
  }

  /** Without ports of the node that lead to pods. */
  public ClusterSnapshot(
      NetworkParameters network, OwnNode self, List<Peer> peers, boolean remembered) {
    this(network, self, peers, remembered, List.of());
  }

  /** What is so now. */
  public ClusterSnapshot(NetworkParameters network, OwnNode self, List<Peer> peers) {
    this(network, self, peers, false);
  }

  /** The same where no packet skips connection tracking. */
  public ClusterSnapshot withoutFastPath() {
    return new ClusterSnapshot(network.withoutFastPath(), self, peers, remembered, hostPorts);
  }

  /** The same with these ports. */
  public ClusterSnapshot with(List<HostPort> ports) {
    return new ClusterSnapshot(network, self, peers, remembered, ports);
  }
}
