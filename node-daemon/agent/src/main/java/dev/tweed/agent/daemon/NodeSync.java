package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One sync: what the cluster asks, brought to the kernel and to the CNI configuration, and told.
 * Used by the sync thread only.
 */
final class NodeSync implements BooleanSupplier, AutoCloseable {

  /** Runs without complete lists before that is told; with the back-off some 5 s. */
  private static final int PATIENCE = 6;

  private final String nodeName;
  private final Supplier<ClusterView> view;
  private final SnapshotMapper mapper;
  private final Supplier<KernelPath> opener;
  private final CniSetup cni;
  private final Supplier<Versions> readVersions;
  private final RepairLog repairs;
  private final Metrics metrics;
  private final BiConsumer<NodeStatus, List<SubnetRecord>> tell;
  private Optional<KernelPath> kernel = Optional.empty();
  private Optional<Versions> versions = Optional.empty();
  private int incomplete;

  /**
   * @param view what is known of the cluster
   * @param opener opens the data path, in the sync thread
   * @param readVersions read once, after the first sync
   * @param tell receives the state after each sync, and the NodeSubnets it is about
   */
  NodeSync(
      String nodeName,
      Supplier<ClusterView> view,
      Supplier<KernelPath> opener,
      CniSetup cni,
      Supplier<Versions> readVersions,
      RepairLog repairs,
      Metrics metrics,
      BiConsumer<NodeStatus, List<SubnetRecord>> tell) {
    this.nodeName = nodeName;
    this.view = view;
    this.mapper = new SnapshotMapper(nodeName);
    this.opener = opener;
    this.cni = cni;
    this.readVersions = readVersions;
    this.repairs = repairs;
    this.metrics = metrics;
    this.tell = tell;
  }

  /** Runs once; true if nothing has to be tried again before something changes. */
  @Override
  public boolean getAsBoolean() {
    ClusterView seen = view.get();
    if (!seen.complete()) {
      // Not at once: a restart is no news, and the lists are usually complete in a moment.
      if (++incomplete >= PATIENCE) {
        tell.accept(
            waiting(
                "the API server has not been reached yet; the data path stays as it was",
                List.of()),
            List.of());
      }
      return false;
    }
    return switch (mapper.map(seen)) {
      case Mapping.Nothing(String why) -> {
        tell.accept(state(NodeStatus.State.IDLE, why, List.of()), List.of());
        yield true;
      }
      case Mapping.Waiting(String why, List<NodeFinding> findings) -> {
        tell.accept(waiting(why, findings), List.of());
        yield true;
      }
      case Mapping.Program program -> program(program);
    };
  }

  @Override
  public void close() {
    kernel.ifPresent(KernelPath::close);
    kernel = Optional.empty();
  }

  private boolean program(Mapping.Program program) {
    long begin = System.nanoTime();
    SyncReport report;
    try {
      if (kernel.isEmpty()) {
        kernel = Optional.of(opener.get());
      }
      report = kernel.get().sync(program.snapshot());
    } catch (DataPathException e) {
      metrics.synced(false, Duration.ofNanos(System.nanoTime() - begin), List.of());
      close();
      tell.accept(unworkable(program, e), program.own());
      return false;
    }
    metrics.synced(
        report.verified(), Duration.ofNanos(System.nanoTime() - begin), report.applied());
    repairs.add(report.applied());
    CniSetup.Outcome outcome = cni.apply(program.snapshot(), report);
    List<NodeFinding> findings = new ArrayList<>(program.findings());
    report.findings().stream().map(NodeFinding::of).forEach(findings::add);
    findings.addAll(outcome.findings());
    boolean ready = report.verified() && outcome.usable();
    tell.accept(programmed(program.snapshot(), report, ready, findings), program.own());
    return ready
        && report.findings().stream().noneMatch(f -> f.reason() == Reason.ProgrammingFailed);
  }

  private NodeStatus programmed(
      ClusterSnapshot snapshot, SyncReport report, boolean ready, List<NodeFinding> findings) {
    if (versions.isEmpty()) {
      versions = Optional.of(readVersions.get());
    }
    String reason =
        ready
            ? ""
            : findings.stream()
                .filter(NodeFinding::blocking)
                .findFirst()
                .map(NodeFinding::reason)
                .orElse("not everything is in the kernel as planned");
    return new NodeStatus(
        nodeName,
        ready ? NodeStatus.State.READY : NodeStatus.State.FAILED,
        reason,
        snapshot.network().name(),
        snapshot.self().blocks().stream().map(IpPrefix::toString).toList(),
        Optional.of(
            new NodeStatus.DataPathStatus(
                report.device(),
                report.podMtu(),
                report.underlay().map(u -> u.device()).orElse(""),
                report.underlay().map(u -> u.address().toString()).orElse(""),
                report.peersExpected(),
                report.peersProgrammed())),
        findings,
        repairs.counts(),
        Optional.empty(),
        sysctls(report.sysctls()),
        versions.get());
  }

  private NodeStatus unworkable(Mapping.Program program, DataPathException e) {
    List<NodeFinding> findings = new ArrayList<>(program.findings());
    findings.add(
        NodeFinding.of(
            AgentReason.DataPathFailed,
            nodeName,
            e.getMessage(),
            "the daemon needs the capability NET_ADMIN in the host's network namespace"));
    NodeStatus s = state(NodeStatus.State.FAILED, AgentReason.DataPathFailed.name(), findings);
    return new NodeStatus(
        s.node(),
        s.state(),
        s.reason(),
        program.snapshot().network().name(),
        program.snapshot().self().blocks().stream().map(IpPrefix::toString).toList(),
        s.dataPath(),
        s.findings(),
        s.repairs(),
        s.firewall(),
        s.sysctls(),
        s.versions());
  }

  private NodeStatus waiting(String why, List<NodeFinding> findings) {
    return state(NodeStatus.State.WAITING, why, findings);
  }

  private NodeStatus state(NodeStatus.State state, String why, List<NodeFinding> findings) {
    return new NodeStatus(
        nodeName,
        state,
        why,
        "",
        List.of(),
        Optional.empty(),
        findings,
        repairs.counts(),
        Optional.empty(),
        List.of(),
        versions.orElseGet(() -> new Versions(null, null, null, null)));
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
