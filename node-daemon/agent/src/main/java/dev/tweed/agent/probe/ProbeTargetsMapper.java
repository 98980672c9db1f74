package dev.tweed.agent.probe;

import dev.tweed.agent.probe.ProbeTargets.Source;
import dev.tweed.agent.probe.ProbeTargets.Target;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpPrefix;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds in what the cluster asks what can be probed. */
public final class ProbeTargetsMapper {

  private ProbeTargetsMapper() {}

  /**
   * All blocks but those that the data path leaves out: their silence would be its doing.
   *
   * @param enabled whether to probe at all
   * @param report what the data path made of them
   * @param ways how packets get to the others
   */
  public static ProbeTargets map(
      boolean enabled,
      List<IpPrefix> ownBlocks,
      List<Peer> others,
      SyncReport report,
      List<PeerWay> ways) {
    Map<IpPrefix, String> tunnels =
        ways.stream()
            .filter(way -> way.mac().isPresent())
            .collect(Collectors.toMap(PeerWay::block, PeerWay::device, (one, other) -> one));
    Set<String> leftOut =
        report.findings().stream()
            .filter(
                finding ->
                    finding.reason() == Reason.InvalidPeer
                        || finding.reason() == Reason.OutsidePools)
            .map(Finding::object)
            .collect(Collectors.toSet());
    List<Source> own =
        ownBlocks.stream()
            .filter(block -> !leftOut.contains(block.toString()))
            .flatMap(b -> ProbeAddress.asked(b).stream().map(address -> new Source(b, address)))
            // Others are taken, or their device could not be had.
            .filter(s -> !s.isBehindBridge() || report.probes().contains(s.address()))
            .sorted(Comparator.comparing(source -> !source.isBehindBridge()))
            .toList();
    List<Target> peers =
        others.stream()
            .filter(peer -> !leftOut.contains(peer.node() + " " + peer.block()))
            .flatMap(
                peer ->
                    ProbeAddress.asked(peer.block()).stream()
                        .map(
                            address ->
                                new Target(
                                    peer.node(),
                                    peer.block(),
                                    address,
                                    peer.nodeIps(),
                                    Optional.ofNullable(tunnels.get(peer.block())))))
            .toList();
    return new ProbeTargets(enabled, own, peers, report.podMtu());
  }
}
