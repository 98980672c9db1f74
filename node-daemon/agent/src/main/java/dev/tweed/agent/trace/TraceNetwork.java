package dev.tweed.agent.trace;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The network whose packets are counted.
 *
 * @param needs its devices, as they are on this node
 * @param snapshot its nodes
 */
public record TraceNetwork(NetworkNeeds needs, ClusterSnapshot snapshot) {

  /** Refuses nulls. */
  public TraceNetwork {
    Objects.requireNonNull(needs, "needs");
    Objects.requireNonNull(snapshot, "snapshot");
  }

  /** The tunnel; empty where packets travel by plain routes only. */
  Optional<Backend.Vxlan> vxlan() {
    return snapshot.network().backend() instanceof Backend.Vxlan vxlan
        ? Optional.of(vxlan)
        : Optional.empty();
  }

  /** Name of the tunnel's device, where there is a tunnel. */
  String tunnel() {
    return needs.tunnel().map(NetworkNeeds.Tunnel::device).orElse("");
  }

  /** The address that probes of this family are sent from. */
  Optional<IpAddress> ownProbe(AddressFamily family) {
    return snapshot.self().blocks().stream()
        .filter(block -> block.family() == family)
        .flatMap(block -> ProbeAddress.of(block).stream())
        .findFirst();
  }

  /**
   * Those of the blocks whose packets can be counted, in their order: what hosts send themselves
   * does not pass the points.
   */
  List<TracedPeer> peers(Collection<IpPrefix> blocks) {
    Map<IpPrefix, Peer> known = new HashMap<>();
    snapshot.peers().stream()
        .filter(peer -> blocks.contains(peer.block()))
        .forEach(peer -> known.putIfAbsent(peer.block(), peer));
    return blocks.stream()
        .filter(block -> known.containsKey(block) && ownProbe(block.family()).isPresent())
        .flatMap(
            block ->
                ProbeAddress.of(block)
                    .map(probe -> new TracedPeer(block, probe, known.get(block).nodeIps()))
                    .stream())
        .toList();
  }
}
