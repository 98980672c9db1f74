package dev.tweed.agent.cluster;

import dev.tweed.agent.cluster.SubnetRecord.Block;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;

/**
 * Judges NodeSubnets that come after a view was mapped as {@link SnapshotMapper} would with them in
 * it, by the claims there are. Only those that clash with nothing, whatever their age: all others
 * need a look at everything. Mutable, and of one thread.
 */
public final class PeerAdmission {

  private final ClusterSnapshot snapshot;
  private final ClaimRules rules;

  /** No peers, but their claims hold. */
  private final List<SubnetRecord> unaddressed;

  private final int mtu;

  /**
   * @param program what the view was mapped to
   */
  public PeerAdmission(Mapping.Program program, ClusterView view) {
    this.snapshot = program.snapshot();
    this.rules = new ClaimRules(snapshot.network().podCidrs());
    // What holds is disjoint, so its order means nothing.
    snapshot.self().blocks().forEach(block -> rules.claim(snapshot.self().name(), block));
    snapshot.peers().forEach(peer -> rules.claim(peer.node(), peer.block()));
    this.unaddressed =
        view.subnets().stream()
            .filter(s -> s.podNetwork().equals(snapshot.network().name()))
            .filter(s -> s.block() instanceof Block.Unaddressed)
            .toList();
    this.mtu =
        program.own().stream()
            .findFirst()
            .map(own -> own.block() instanceof Block.Valid(Peer self) ? self.mtu() : 0)
            .orElse(0);
  }

  /** The peer that a NodeSubnet is; empty if only all of them can say. */
  public Optional<Peer> peer(SubnetRecord subnet) {
    return subnet.podNetwork().equals(snapshot.network().name())
            && !subnet.node().equals(snapshot.self().name())
            && subnet.block() instanceof Block.Valid(Peer peer)
            && unaddressed.stream().noneMatch(other -> clash(other, peer))
            && (rules.isHeld(peer.node(), peer.block())
                || rules.claim(peer.node(), peer.block()).isEmpty())
        ? Optional.of(mtu == 0 ? peer : peer.withMtuAtMost(mtu))
        : Optional.empty();
  }

  private static boolean clash(SubnetRecord unaddressed, Peer peer) {
    return unaddressed.node().equals(peer.node())
        || unaddressed.block() instanceof Block.Unaddressed(IpPrefix block)
            && block.overlaps(peer.block());
  }
}
