package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.NodeFacts;
import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.firewall.rules.SshSessions;
import dev.tweed.ip.IpAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node and what the daemon does for its firewall, run by run. Time stands still but for {@link
 * #later}. The daemon has been told that the node is in no network, unless a method says so.
 */
final class FirewalledNode {

  private static final List<Server> API =
      List.of(new Server(Optional.of(IpAddress.parse("198.51.100.1")), 6443));

  final FakeHost host = new FakeHost();
  private final Path runDir;
  private ClusterView view = ClusterView.INCOMPLETE;
  private Optional<FirewallStatus> told = Optional.empty();
  private int repaired;
  private Optional<Duration> within = Optional.empty();
  private long now;
  private FirewallSync sync;

  /** One that has not heard of the cluster yet. */
  FirewalledNode(Path runDir) {
    this.runDir = runDir;
    restart();
  }

  /** Another daemon takes over, with what the one before has written. */
  void restart() {
    restartUnaware();
    sync.network(new NetworkState.Outside());
  }

  /** Another daemon, which has not been told of any network yet. */
  void restartUnaware() {
    sync =
        new FirewallSync(
            () -> view,
            host,
            new FirewallPlanFactory(host, () -> API, List::of),
            files(),
            () -> repaired++,
            status -> told = Optional.of(status),
            delay -> within = Optional.of(delay),
            () -> now);
  }

  /** The cluster has these policies, and the node its object. */
  void asks(PolicyRecord... policies) {
    view =
        new ClusterView(
            true,
            List.of(),
            List.of(),
            List.of(policies),
            Optional.of(new NodeRecord("n1", Map.of())));
  }

  /** The API server is away, and the node goes by what it remembers. */
  void remembersOnly() {
    view =
        new ClusterView(
            true,
            List.of(),
            List.of(),
            List.of(),
            Optional.empty(),
            new ClusterView.Gaps(
                List.of(), ClusterView.Listing.AWAITED, ClusterView.Listing.AWAITED),
            Optional.of(Instant.EPOCH));
  }

  /** The Node object goes, policies stay. */
  void losesItsObject() {
    view = new ClusterView(true, List.of(), List.of(), view.policies(), Optional.empty());
  }

  boolean network(NetworkState state) {
    return sync.network(state);
  }

  void firewallChanged() {
    sync.firewallChanged();
  }

  void later(Duration time) {
    now += time.toNanos();
  }

  /** sshd is told to listen there. */
  void sshListensAt(int port) {
    host.facts =
        new NodeFacts(
            List.of(),
            address -> Optional.empty(),
            List.of("Port " + port),
            SshSessions.UNSEEN,
            List.of(),
            List.of(),
            () -> {});
  }

  /** Whether nothing has to be tried again before something changes. */
  boolean run() {
    within = Optional.empty();
    return sync.getAsBoolean();
  }

  /** In how long the last run wants another, whatever happens. */
  Optional<Duration> within() {
    return within;
  }

  /** By the last run that looked. */
  FirewallStatus told() {
    return told.orElseThrow();
  }

  /** How often something of ours had to be mended. */
  int repaired() {
    return repaired;
  }

  FirewallFiles files() {
    return new FirewallFiles(runDir);
  }

  /** What guards NodePorts. */
  List<FilterRow> guardedRows() {
    return host.guarded.orElseThrow().rows();
  }
}
