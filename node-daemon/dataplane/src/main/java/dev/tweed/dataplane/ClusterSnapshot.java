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
 */
public record ClusterSnapshot(
    NetworkParameters network, OwnNode self, List<Peer> peers, boolean remembered) {
  /** Copies the list. */
  public ClusterSnapshot {
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(self, "self");
    peers = List.copyOf(peers);
  }

  /** What is so now. */
  public ClusterSnapshot(NetworkParameters network, OwnNode self, List<Peer> peers) {
    this(network, self, peers, false);
  }
}
