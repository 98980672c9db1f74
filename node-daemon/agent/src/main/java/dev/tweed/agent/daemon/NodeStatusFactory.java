package dev.tweed.agent.daemon;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.SyncStatus;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.Underlay;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes the node's state from what a sync of the data path came to. Used by the sync thread only.
 */
final class NodeStatusFactory {

  private final String nodeName;
  private final RepairLog repairs;
  private final Supplier<Versions> readVersions;
  private Optional<Versions> versions = Optional.empty();
  private List<String> serving;

  /**
   * @param serving blocks that an earlier process of this boot set up
   * @param readVersions read once, after the first sync: it runs programs, peers come first
   */
  NodeStatusFactory(
      String nodeName, RepairLog repairs, List<String> serving, Supplier<Versions> readVersions) {
    this.nodeName = nodeName;
    this.repairs = repairs;
    this.serving = List.copyOf(serving);
    this.readVersions = readVersions;
  }

  /** Counts what a sync mended. */
  void repaired(List<Change> changes) {
    repairs.add(changes);
  }

  /** Blocks that are set up. */
  List<IpPrefix> serving() {
    return serving.stream().flatMap(block -> IpPrefix.tryParseNetwork(block).stream()).toList();
  }

  SyncStatus idle(String why, List<NodeFinding> findings) {
    return bare(NodeStatus.State.IDLE, why, findings);
  }

  /** Nothing is set up any more. */
  void cleanedUp() {
    serving = List.of();
  }

  SyncStatus waiting(String why, List<NodeFinding> findings) {
    return bare(NodeStatus.State.WAITING, why, findings);
  }

  /** The data path could not be worked on at all; the finding says why. */
  SyncStatus unworkable(ClusterSnapshot snapshot, List<NodeFinding> findings) {
    return status(
        NodeStatus.State.FAILED,
        reason(findings),
        snapshot.network().name(),
        serving,
        Optional.empty(),
        findings,
        List.of());
  }

  /** The data path was worked on. */
  SyncStatus programmed(
      ClusterSnapshot snapshot, SyncReport report, boolean ready, List<NodeFinding> findings) {
    if (versions.isEmpty()) {
      versions = Optional.of(readVersions.get());
    }
    serving = blocks(snapshot);
    return status(
        ready ? NodeStatus.State.READY : NodeStatus.State.FAILED,
        ready ? "" : reason(findings),
        snapshot.network().name(),
        serving,
        Optional.of(
            new NodeStatus.DataPathStatus(
                report.device(),
                report.podMtu(),
                report.underlay().map(Underlay::device).orElse(""),
                report.underlay().map(u -> u.address().toString()).orElse(""),
                tunnelPort(snapshot.network().backend()),
                report.outsideDevices(),
                report.peersExpected(),
                report.peersProgrammed())),
        findings,
        sysctls(report.sysctls()));
  }

  // Without a NodeSubnet the kernel keeps what it has, and pods go on using it.
  private SyncStatus bare(NodeStatus.State state, String why, List<NodeFinding> findings) {
    return status(state, why, "", serving, Optional.empty(), findings, List.of());
  }

  private SyncStatus status(
      NodeStatus.State state,
      String why,
      String podNetwork,
      List<String> blocks,
      Optional<NodeStatus.DataPathStatus> dataPath,
      List<NodeFinding> findings,
      List<SysctlValue> sysctls) {
    return new SyncStatus(
        nodeName, state, why, podNetwork, blocks, dataPath, findings, sysctls, versions);
  }

  private static String reason(List<NodeFinding> findings) {
    return findings.stream()
        .filter(NodeFinding::blocking)
        .findFirst()
        .or(() -> findings.stream().findFirst())
        .map(NodeFinding::reason)
        .orElse("not everything is in the kernel as planned");
  }

  private static int tunnelPort(Backend backend) {
    return switch (backend) {
      case Backend.Vxlan vxlan -> vxlan.port();
      case Backend.HostGateway plain -> 0;
    };
  }

  private static List<String> blocks(ClusterSnapshot snapshot) {
    return snapshot.self().blocks().stream().map(IpPrefix::toString).toList();
  }

  /** From paths ({@code net/ipv4/ip_forward}) to names with dots; the two separators swap. */
  private static List<SysctlValue> sysctls(Map<String, String> kept) {
    return kept.entrySet().stream()
        .map(e -> new SysctlValue(swapSeparators(e.getKey()), e.getValue()))
        .sorted((a, b) -> a.name().compareTo(b.name()))
        .toList();
  }

  private static String swapSeparators(String path) {
    StringBuilder name = new StringBuilder(path);
    for (int i = 0; i < name.length(); i++) {
      switch (name.charAt(i)) {
        case '/' -> name.setCharAt(i, '.');
        case '.' -> name.setCharAt(i, '/');
        default -> {}
      }
    }
    return name.toString();
  }
}
