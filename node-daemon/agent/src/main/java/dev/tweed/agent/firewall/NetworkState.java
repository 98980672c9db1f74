package dev.tweed.agent.firewall;

import dev.tweed.dataplane.Peer;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.IpPrefix;
import java.util.List;

/** What the host's firewall has to know of the network this node belongs to. */
public sealed interface NetworkState {

  /** All that rules depend on; peers come by the second and change none. */
  default NetworkState withoutPeers() {
    return this;
  }

  /** It belongs to none. */
  record Outside() implements NetworkState {}

  /** Something it needs is missing; what was open for the network stays open. */
  record Waiting() implements NetworkState {}

  /**
   * It belongs to one.
   *
   * @param network name of the PodNetwork
   * @param needs what it lives on
   * @param ownBlocks blocks of this node
   * @param peers the other nodes
   * @param managed whether what it needs is to be kept open
   */
  record Member(
      String network,
      NetworkNeeds needs,
      List<IpPrefix> ownBlocks,
      List<Peer> peers,
      boolean managed)
      implements NetworkState {
    public Member {
      ownBlocks = List.copyOf(ownBlocks);
      peers = List.copyOf(peers);
    }

    @Override
    public NetworkState withoutPeers() {
      return new Member(network, needs, ownBlocks, List.of(), managed);
    }
  }
}
