package dev.tweed.agent.fastpath;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.Underlay;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;

/**
 * What a sync of the data path has brought about, as far as the fast path goes by it.
 *
 * @param wanted whether {@code spec.fastPath} of the node's PodNetwork is Auto
 * @param tunnel name of the device that carries pods' packets to other nodes; empty if there is
 *     none
 * @param bridge name of the device that pods hang on
 * @param podMtu MTU of this node's pods, bytes
 * @param underlay what is between the nodes
 * @param blocks of this node, those included that only running pods have addresses of
 * @param peers blocks of other nodes
 * @param liberal whether connection tracking takes packets out of the window it knows
 */
public record FastPathTarget(
    boolean wanted,
    String tunnel,
    String bridge,
    int podMtu,
    Optional<Underlay> underlay,
    List<IpPrefix> blocks,
    List<PeerWay> peers,
    boolean liberal) {

  /** As a sync names the sysctl. */
  private static final String LIBERAL = "net/netfilter/nf_conntrack_tcp_be_liberal";

  /** Copies the lists. */
  public FastPathTarget {
    blocks = List.copyOf(blocks);
    peers = List.copyOf(peers);
  }

  /** What a sync came to. */
  public static FastPathTarget of(
      ClusterSnapshot snapshot, SyncReport report, List<PeerWay> peers) {
    return new FastPathTarget(
        snapshot.network().fastPath(),
        report.device(),
        snapshot.network().bridgeName(),
        report.podMtu(),
        report.underlay(),
        snapshot.self().blocks(),
        peers,
        "1".equals(report.sysctls().get(LIBERAL)));
  }

  /** As it would be if connection tracking took them. */
  FastPathTarget withLiberalWindows() {
    return new FastPathTarget(wanted, tunnel, bridge, podMtu, underlay, blocks, peers, true);
  }
}
