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
 */
public record ClusterSnapshot(NetworkParameters network, OwnNode self, List<Peer> peers) {
  /** Copies the list. */
  public ClusterSnapshot {
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(self, "self");
    peers = List.copyOf(peers);
  }
}
