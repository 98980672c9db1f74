package dev.tweed.e2e.fanout;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.cluster.ApiContact;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.cluster.RememberedWatch;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.StatusMapper;
import dev.tweed.agent.status.StatusPublisher;
import dev.tweed.agent.status.SyncStatus;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Peer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * What of a daemon the API server sees: its connections, watches, memory, Lease and status, by the
 * daemon's own classes. There is no kernel: what the view asks is at once as good as programmed,
 * every peer answers, and there is no firewall. For load and for tests of traffic.
 */
final class LightDaemon implements AutoCloseable {

  /** Peers that a daemon probes, of more than {@link #ALL_PROBED}. */
  private static final int PROBED = 12;

  private static final int ALL_PROBED = 30;

  private static final FirewallStatus NO_FIREWALL =
      new FirewallStatus(
          new NodeReportStatus.Firewall(
              "none", "Inactive", "no rules", "nftables", "there is no other", 0, null),
          List.of(),
          List.of());

  private static final NodeReportStatus.Versions VERSIONS =
      new NodeReportStatus.Versions("light", "6.18.0", "1.1.3", "1.8.0");

  /** Hears what daemons know. */
  interface Listener {
    /** Called after each look at the view that shows a network to program; must be quick. */
    void programmed(LightDaemon daemon, ClusterSnapshot snapshot);
  }

  private final String node;
  private final Listener listener;
  private final Executor syncs;
  private final SnapshotMapper mapper;
  private final RememberedWatch cluster;
  private final StatusPublisher publisher;
  private final AtomicBoolean pending = new AtomicBoolean();
  private volatile ApiContact contact = ApiContact.NOT_YET;
  private volatile boolean listed;
  private volatile int blocksKnown;

  /**
   * Starts it.
   *
   * @param syncs where it looks at its view, one look after the other
   * @param nanoTime by which status is paced
   */
  LightDaemon(
      String node,
      ApiAccess access,
      String leaseNamespace,
      Path stateDirectory,
      Executor syncs,
      LongSupplier nanoTime,
      Listener listener) {
    this.node = node;
    this.listener = listener;
    this.syncs = syncs;
    this.mapper = new SnapshotMapper(node);
    Clock clock = Clock.systemUTC();
    ApiConnection api =
        new ApiConnection(
            ApiClient.open(access, Map.of(), "light"), node, clock, ListWatch.RENEWAL);
    this.cluster =
        new RememberedWatch(
            api,
            new StateFile(
                stateDirectory,
                "view",
                RememberedWatch.VERSION,
                RememberedWatch.MAX_BYTES,
                () -> new Binding(node, "", "", "light")),
            node,
            clock,
            System::nanoTime,
            RememberedWatch.Timing.USUAL);
    this.publisher =
        new StatusPublisher(
            api.statusApi(),
            new StatusMapper(clock, Optional.empty()),
            nanoTime,
            () -> ThreadLocalRandom.current().nextDouble(),
            refused -> {});
    api.renewLease(leaseNamespace, publisher::look);
    publisher.start();
    cluster.start(
        this::soon,
        now -> {
          contact = now;
          soon();
        });
  }

  String node() {
    return node;
  }

  /** Whether its first lists are complete. */
  boolean listed() {
    return listed;
  }

  /** Blocks it knows of, its own too. */
  int blocksKnown() {
    return blocksKnown;
  }

  /** Has it write what is due of its status. */
  void look() {
    publisher.look();
  }

  /** As a process that ends: nothing is written. */
  @Override
  public void close() {
    publisher.close();
    cluster.close();
  }

  private void soon() {
    if (pending.compareAndSet(false, true)) {
      try {
        syncs.execute(this::sync);
      } catch (RejectedExecutionException e) {
        pending.set(true); // at the end of the run
      }
    }
  }

  private synchronized void sync() {
    pending.set(false);
    ClusterView view = cluster.view();
    if (!view.complete()) {
      return;
    }
    listed |= view.fromMemory().isEmpty();
    Mapping mapping = mapper.map(view);
    switch (mapping) {
      case Mapping.Nothing(String why) ->
          publish(NodeStatus.State.IDLE, why, Optional.empty(), List.of(), List.of());
      case Mapping.Waiting(String why, List<NodeFinding> findings) -> {
        if (view.settled()) {
          publish(NodeStatus.State.WAITING, why, Optional.empty(), List.of(), findings);
        }
      }
      case Mapping.Program program -> {
        ClusterSnapshot snapshot = program.snapshot();
        blocksKnown = snapshot.peers().size() + snapshot.self().blocks().size();
        publish(
            NodeStatus.State.READY, "", Optional.of(snapshot), program.own(), program.findings());
        listener.programmed(this, snapshot);
      }
    }
  }

  private void publish(
      NodeStatus.State state,
      String why,
      Optional<ClusterSnapshot> snapshot,
      List<SubnetRecord> own,
      List<NodeFinding> findings) {
    int peers = snapshot.map(s -> s.peers().size()).orElse(0);
    int probed = peers > ALL_PROBED ? PROBED : peers;
    publisher.publish(
        new NodeStatus(
            new SyncStatus(
                node,
                state,
                why,
                snapshot.map(s -> s.network().name()).orElse(""),
                snapshot.stream()
                    .flatMap(s -> s.self().blocks().stream())
                    .map(Object::toString)
                    .toList(),
                snapshot.map(
                    s ->
                        new NodeStatus.DataPathStatus(
                            "tweed.1",
                            1450,
                            "eth0",
                            s.self().nodeIps().getFirst().toString(),
                            8472,
                            List.of("eth0"),
                            peers,
                            peers)),
                findings,
                List.of(),
                Optional.of(VERSIONS)),
            contact.connected(),
            contact.findings(),
            Optional.of(NO_FIREWALL),
            snapshot.map(
                s ->
                    peers == 0
                        ? Reachability.without(Reachability.Proof.NOT_YET)
                        : new Reachability(Reachability.Proof.PROBES, probed, probed, List.of())),
            List.of(),
            Optional.empty()),
        own);
  }

  /** Whether a network holds a block of the node. */
  static boolean knows(ClusterSnapshot snapshot, String node) {
    return Stream.concat(
            Stream.of(snapshot.self().name()), snapshot.peers().stream().map(Peer::node))
        .anyMatch(node::equals);
  }
}
