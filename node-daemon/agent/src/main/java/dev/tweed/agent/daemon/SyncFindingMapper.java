package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is wrong or notable about a sync of the data path as a whole. Pure. */
final class SyncFindingMapper {

  private SyncFindingMapper() {}

  static NodeFinding failed(String why) {
    return NodeFinding.of(
        AgentReason.DataPathFailed,
        "kernel",
        why,
        "the daemon needs the capability NET_ADMIN in the host's network namespace");
  }

  static NodeFinding notRemoved(String remaining) {
    return NodeFinding.of(
        AgentReason.DataPathFailed,
        false,
        "kernel",
        "what this node had of the pod network is not removed: " + remaining,
        "it is tried again by itself");
  }

  /**
   * The node gets no new pods.
   *
   * @param pods addresses of those that run
   */
  static NodeFinding leaving(String why, List<IpAddress> pods) {
    return NodeFinding.of(
        AgentReason.Leaving,
        "Node",
        why
            + ": it gets no new pods. "
            + (pods.isEmpty()
                ? "No pod of it is left"
                : "Those that run keep running, %d with addresses of the pod network, from %s on"
                    .formatted(pods.size(), pods.getFirst())),
        pods.isEmpty()
            ? ""
            : "correct the nodeSelector of the PodNetwork or the labels of the Node, if it is to stay;"
                + " otherwise delete these pods when it suits ('kubectl drain')");
  }

  static NodeFinding fromMemory(Mapping.Program program, Instant since) {
    return NodeFinding.of(
        AgentReason.FromMemory,
        "API server",
        "since "
            + since
            + " this node goes by what it remembers, PodNetwork %s with %d NodeSubnets:"
                .formatted(
                    program.snapshot().network().name(),
                    program.snapshot().peers().size() + program.snapshot().self().blocks().size())
            + " the API server has not been read since the daemon started. What is missing in the"
            + " kernel is added, and nothing is removed; changes since are not known",
        "mend the way to the API server: 'curl -k https://$KUBERNETES_SERVICE_HOST/livez' from the"
            + " node, and whether kube-proxy's rules are there; what it says counts as soon as it"
            + " answers");
  }

  /**
   * A node that leaves out most of its peers is as good as alone, though each is a fault of theirs.
   */
  static Optional<NodeFinding> mostPeersInvalid(
      Mapping.Program program, SyncReport report, List<NodeFinding> findings) {
    long unread = invalidPeers(program.findings());
    long all = report.peersExpected() + unread;
    long invalid = invalidPeers(findings);
    return invalid * 2 > all
        ? Optional.of(
            NodeFinding.of(
                AgentReason.InvalidPeer,
                true,
                "NodeSubnets",
                "%d of %d NodeSubnets of other nodes cannot be used; pods there are not reached"
                    .formatted(invalid, all),
                "the other findings say what is wrong with each"))
        : Optional.empty();
  }

  private static long invalidPeers(List<NodeFinding> findings) {
    return findings.stream().filter(f -> f.reason().equals(AgentReason.InvalidPeer.name())).count();
  }
}
