package dev.tweed.agent.daemon;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Blocks that this node served before and has no NodeSubnet of any more, while pods have addresses
 * of them: they stay served, besides those it has now, until the last of these pods ends or another
 * node is given the block. Pure.
 *
 * @param served those that stay
 * @param findings what becomes of their pods
 */
record RetiringBlocks(List<IpPrefix> served, List<NodeFinding> findings) {

  /** Pods that are named. */
  private static final int NAMES = 5;

  RetiringBlocks {
    served = List.copyOf(served);
    findings = List.copyOf(findings);
  }

  /**
   * Judges what was served.
   *
   * @param snapshot what is to be served now
   * @param before what was
   * @param leased addresses that pods of this node have
   */
  static RetiringBlocks plan(
      ClusterSnapshot snapshot, List<IpPrefix> before, List<IpAddress> leased) {
    List<IpPrefix> served = new ArrayList<>();
    List<NodeFinding> findings = new ArrayList<>();
    for (IpPrefix block : before) {
      List<IpAddress> pods = leased.stream().filter(block::contains).toList();
      if (pods.isEmpty()
          || Stream.concat(snapshot.self().blocks().stream(), served.stream())
              .anyMatch(block::overlaps)) {
        continue;
      }
      Optional<Peer> owner =
          snapshot.peers().stream().filter(peer -> peer.block().overlaps(block)).findFirst();
      if (owner.isEmpty() && inPools(snapshot, block)) {
        served.add(block);
      }
      findings.add(finding(snapshot.self(), block, pods, owner));
    }
    return new RetiringBlocks(served, findings);
  }

  /**
   * Adds them to what is to be served, after the blocks of now, which name the tunnel's address.
   */
  ClusterSnapshot addTo(ClusterSnapshot snapshot) {
    OwnNode self = snapshot.self();
    return served.isEmpty()
        ? snapshot
        : new ClusterSnapshot(
            snapshot.network(),
            new OwnNode(
                self.name(),
                Stream.concat(self.blocks().stream(), served.stream()).toList(),
                served,
                self.nodeIps(),
                self.vtepMac()),
            snapshot.peers(),
            snapshot.remembered());
  }

  private static boolean inPools(ClusterSnapshot snapshot, IpPrefix block) {
    return snapshot.network().podCidrs().stream().anyMatch(pool -> pool.contains(block));
  }

  private static NodeFinding finding(
      OwnNode self, IpPrefix block, List<IpAddress> pods, Optional<Peer> owner) {
    String names =
        pods.stream().limit(NAMES).map(IpAddress::toString).collect(Collectors.joining(", "))
            + (pods.size() > NAMES ? " and %d more".formatted(pods.size() - NAMES) : "");
    return NodeFinding.of(
        AgentReason.BlockRetiring,
        block.toString(),
        "%d pod(s) have addresses of a block that this node has no NodeSubnet of any more: %s. "
                .formatted(pods.size(), names)
            + owner
                .map(peer -> "It is node " + peer.node() + "'s now, so they reach nobody but it")
                .orElse(
                    "They reach everybody as before, other nodes' pods by the node's address, and"
                        + " pods of other nodes do not reach them"),
        "delete these pods when it suits, their successors get addresses of %s:"
                .formatted(
                    self.blocks().stream()
                        .map(IpPrefix::toString)
                        .collect(Collectors.joining(" and ")))
            + " 'kubectl get pods -A -o wide --field-selector spec.nodeName=%s' shows their addresses"
                .formatted(self.name()));
  }
}
