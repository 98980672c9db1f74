package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.ApiContact;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.ConditionStatus;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.HealthServer;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.Reachable;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.SyncStatus;
import dev.tweed.crds.NodeReportStatus.FastPath;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Hands each new state to everyone who shows it, and logs what changed, once. Puts together what
 * the threads of the data path, the firewall and the probes, and the daemon's surroundings tell,
 * each at its time.
 */
final class StatusAggregator {

  private static final Logger LOG = LoggerFactory.getLogger(StatusAggregator.class);

  private final StatusFiles files;
  private final BiConsumer<NodeStatus, List<SubnetRecord>> publish;
  private final Metrics metrics;
  private final RepairLog repairs;
  private volatile Optional<NodeStatus> current = Optional.empty();
  private Optional<SyncStatus> sync = Optional.empty();
  private List<SubnetRecord> own = List.of();
  private ApiContact api = ApiContact.NOT_YET;
  private final Map<AgentReason, NodeFinding> surroundings = new EnumMap<>(AgentReason.class);
  private Optional<FirewallStatus> firewall;
  private Optional<Reachability> reachability;
  private Optional<FastPath> fastPath;
  private boolean probedByAnEarlierProcess;

  /**
   * @param publish takes each state for the API, and the NodeSubnets it is about; must not wait
   * @param earlier what an earlier process of this boot knew. Rules of the firewall outlive it, and
   *     what did not answer then is not proven to until it was asked again
   */
  StatusAggregator(
      StatusFiles files,
      BiConsumer<NodeStatus, List<SubnetRecord>> publish,
      Metrics metrics,
      RepairLog repairs,
      Optional<NodeStatus> earlier) {
    this.files = files;
    this.publish = publish;
    this.metrics = metrics;
    this.repairs = repairs;
    this.firewall = earlier.flatMap(NodeStatus::firewallStatus);
    this.reachability = earlier.flatMap(NodeStatus::reachability);
    this.fastPath = earlier.flatMap(NodeStatus::fastPath);
    this.probedByAnEarlierProcess = reachability.isPresent();
  }

  /** Shows a state of the data path, and the NodeSubnets it is about. */
  synchronized void show(SyncStatus status, List<SubnetRecord> own) {
    this.sync = Optional.of(status);
    this.own = own;
    show();
  }

  /** Shows a state of the firewall. */
  synchronized void show(FirewallStatus status) {
    this.firewall = Optional.of(status);
    show();
  }

  /** Shows what probing found of the peers. */
  synchronized void show(Reachability seen) {
    metrics.show(seen);
    if (probedByAnEarlierProcess && seen.proof() == Reachability.Proof.NOT_YET) {
      return;
    }
    probedByAnEarlierProcess = false;
    reachability = Optional.of(seen);
    show();
  }

  /** Shows how it stands with the fast path; empty where there is no network. */
  synchronized void showFastPath(Optional<FastPath> now) {
    fastPath = now;
    show();
  }

  /** Shows how it stands with the API server. */
  synchronized void show(ApiContact contact) {
    api = contact;
    show();
  }

  /** Shows a finding of what the daemon itself runs on, the only one of its reason; or its end. */
  synchronized void show(AgentReason reason, Optional<NodeFinding> finding) {
    NodeFinding before =
        finding.isPresent() ? surroundings.put(reason, finding.get()) : surroundings.remove(reason);
    // Most of what is told is that all is as before, and to show it costs a few milliseconds.
    if (!Optional.ofNullable(before).equals(finding)) {
      show();
    }
  }

  private void show() {
    if (sync.isEmpty()) {
      return; // soon; until then nobody knows whether the node is ready
    }
    // The files cannot tell that they are not written; everybody else can.
    surroundings.remove(AgentReason.FilesNotWritten);
    files
        .write(status(sync.get()))
        .ifPresent(failure -> surroundings.put(AgentReason.FilesNotWritten, failure));
    NodeStatus status = status(sync.get());
    publish.accept(status, own);
    if (!current.equals(Optional.of(status))) {
      log(current, status);
      current = Optional.of(status);
      metrics.show(status);
    }
  }

  private NodeStatus status(SyncStatus last) {
    List<NodeFinding> around = new ArrayList<>(api.findings());
    around.addAll(surroundings.values());
    return new NodeStatus(
        last, api.connected(), around, firewall, reachability, repairs.counts(), fastPath);
  }

  /** For the readiness probe. */
  HealthServer.Answer readiness() {
    return current
        .map(
            s ->
                new HealthServer.Answer(
                    s.programmed(),
                    s.state()
                        + (s.reason().isEmpty() ? "" : ": " + s.reason())
                        + s.blocking().map(f -> ": " + f.message()).orElse("")))
        .orElse(new HealthServer.Answer(false, "the first sync has not ended"));
  }

  private static void log(Optional<NodeStatus> old, NodeStatus now) {
    if (old.isEmpty()
        || old.get().state() != now.state()
        || !old.get().reason().equals(now.reason())) {
      LOG.info("{}{}", now.state(), now.reason().isEmpty() ? "" : ": " + now.reason());
    }
    Reachable reachable = now.reachable();
    if (!old.map(o -> o.reachable().reason()).equals(Optional.of(reachable.reason()))) {
      LOG.atLevel(reachable.status() == ConditionStatus.False ? Level.WARN : Level.INFO)
          .log("Reachable {} {}: {}", reachable.status(), reachable.reason(), reachable.message());
    }
    Connected connected = now.connected();
    if (!old.map(NodeStatus::connected).equals(Optional.of(connected))) {
      LOG.atLevel(connected.status() == ConditionStatus.False ? Level.WARN : Level.INFO)
          .log("Connected {}: {}", connected.status(), connected.message());
    }
    Set<NodeFinding> before = new HashSet<>(old.map(NodeStatus::findings).orElse(List.of()));
    for (NodeFinding f : now.findings()) {
      if (!before.remove(f)) {
        LOG.warn("{} {}: {}; remedy: {}", f.reason(), f.object(), f.message(), f.remedy());
      }
    }
    before.forEach(f -> LOG.info("no longer: {} {}: {}", f.reason(), f.object(), f.message()));
  }
}
