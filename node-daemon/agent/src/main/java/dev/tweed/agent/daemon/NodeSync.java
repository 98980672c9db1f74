package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.HostWays;
import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.PeerAdmission;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.fastpath.FastPathTarget;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.NetworkState;
import dev.tweed.agent.firewall.NetworkStateMapper;
import dev.tweed.agent.probe.ProbeTargets;
import dev.tweed.agent.probe.ProbeTargetsMapper;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.SyncStatus;
import dev.tweed.agent.trace.TraceNetwork;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathException;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SafePoints;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.Underlay;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One sync: what the cluster asks, brought to the kernel and to the CNI configuration, and told.
 * Used by the sync thread only.
 */
final class NodeSync implements BooleanSupplier, SafePoints, AutoCloseable {

  /** Runs in a row without complete lists before that is told; with the back-off some 5 s. */
  private static final int PATIENCE = 6;

  private final Supplier<ClusterView> view;
  private final SnapshotMapper mapper;
  private final Supplier<KernelPath> opener;
  private final CniSetup cni;
  private final BooleanSupplier policed;
  private final Consumer<NetworkState> firewall;
  private final Consumer<Duration> again;
  private final BiConsumer<ProbeTargets, Optional<TraceNetwork>> probes;
  private final Consumer<Optional<FastPathTarget>> fastPath;
  private final BooleanSupplier fastPathReady;
  private final NodeStatusFactory statuses;
  private final Metrics metrics;
  private final BiConsumer<SyncStatus, List<SubnetRecord>> tell;
  private final Arrivals arrivals = new Arrivals();
  private Optional<KernelPath> kernel = Optional.empty();
  private Optional<Mapped> mapped = Optional.empty();
  private Optional<PeerAdmission> admission = Optional.empty();

  /** NodeSubnets admitted since the view was taken. */
  private final List<SubnetRecord> admitted = new ArrayList<>();

  private int incomplete;

  /** Those that were not admitted. */
  private int refused;

  /**
   * @param view what is known of the cluster
   * @param opener opens the data path, in the sync thread
   * @param policed whether pods that start are closed where policies ask for that; until then none
   *     is started
   * @param firewall receives what the host's firewall has to know of the network; must not wait
   * @param again is told within which time another sync should come
   * @param probes receives what can be probed, and where packets of it pass; must not wait
   * @param fastPath receives what the fast path goes by; empty for none; must not wait
   * @param fastPathReady whether packets can skip connection tracking here; what that needs of the
   *     host is left alone otherwise
   * @param tell receives the state after each sync, and the NodeSubnets it is about
   */
  NodeSync(
      Supplier<ClusterView> view,
      SnapshotMapper mapper,
      Supplier<KernelPath> opener,
      CniSetup cni,
      BooleanSupplier policed,
      Consumer<NetworkState> firewall,
      Consumer<Duration> again,
      BiConsumer<ProbeTargets, Optional<TraceNetwork>> probes,
      Consumer<Optional<FastPathTarget>> fastPath,
      BooleanSupplier fastPathReady,
      NodeStatusFactory statuses,
      Metrics metrics,
      BiConsumer<SyncStatus, List<SubnetRecord>> tell) {
    this.view = view;
    this.mapper = mapper;
    this.opener = opener;
    this.cni = cni;
    this.policed = policed;
    this.firewall = firewall;
    this.again = again;
    this.probes = probes;
    this.fastPath = fastPath;
    this.fastPathReady = fastPathReady;
    this.statuses = statuses;
    this.metrics = metrics;
    this.tell = tell;
  }

  /** What a view asks for, which it does as long as it is the same. */
  private record Mapped(ClusterView view, Mapping mapping) {}

  /** A NodeSubnet is new; from any thread. */
  void arrived(SubnetRecord subnet) {
    arrivals.add(subnet);
  }

  /** Brings peers that are new into the kernel ahead of a run; true if there is nothing else. */
  boolean admit() {
    int before = refused;
    arrivals.take(this::admit);
    return refused == before;
  }

  private void admit(SubnetRecord subnet) {
    if (admission
        .flatMap(known -> known.peer(subnet))
        .filter(peer -> kernel.isPresent() && kernel.get().add(peer))
        .isPresent()) {
      admitted.add(subnet);
    } else {
      refused++;
    }
  }

  /** Those that came while a run works; another is due for those that only one can judge. */
  @Override
  public void pause() {
    if (!admit()) {
      again.accept(Duration.ZERO);
    }
  }

  @Override
  public <T> T during(Supplier<T> computation) {
    int before = refused;
    T result = arrivals.take(this::admit, computation);
    if (refused > before) {
      again.accept(Duration.ZERO);
    }
    return result;
  }

  /** Runs once; true if nothing has to be tried again before something changes. */
  @Override
  public boolean getAsBoolean() {
    // Nobody waits for the run who need not; what is left of them is in its view.
    admit();
    admitted.clear();
    kernel.ifPresent(KernelPath::begin);
    ClusterView seen = view.get();
    if (!seen.complete()) {
      return unread(
          "PodNetworks and NodeSubnets have not been read from the API server yet; the data path"
              + " stays as it was",
          List.of());
    }
    if (mapped.filter(last -> last.view().equals(seen)).isEmpty()) {
      Mapping next = during(() -> mapper.map(seen));
      admission =
          Optional.of(next)
              .filter(Mapping.Program.class::isInstance)
              .map(Mapping.Program.class::cast)
              .map(program -> during(() -> new PeerAdmission(program, seen)));
      mapped = Optional.of(new Mapped(seen, next));
      // They are not in the view, but their claims hold.
      admitted.forEach(subnet -> admission.ifPresent(known -> known.peer(subnet)));
    }
    Mapping mapping = mapped.get().mapping();
    if (seen.fromMemory().isPresent()) {
      return mapping instanceof Mapping.Program program
          ? remembered(program, seen.fromMemory().get())
          : unread("nothing of use is remembered, and the API server has not been read", List.of());
    }
    if (mapping instanceof Mapping.Waiting(String why, List<NodeFinding> findings)
        && !seen.settled()) {
      return unread(why, findings);
    }
    return switch (mapping) {
      case Mapping.Nothing(String why) -> {
        probes.accept(ProbeTargets.NONE, Optional.empty());
        fastPath.accept(Optional.empty());
        yield leave(why, mapping);
      }
      case Mapping.Waiting(String why, List<NodeFinding> findings) -> {
        fastPath.accept(Optional.empty()); // peers are not followed meanwhile
        firewall.accept(NetworkStateMapper.map(mapping));
        told(statuses.waiting(why, findings), List.of());
        yield true;
      }
      case Mapping.Program program ->
          program(
              program,
              (snapshot, report) ->
                  program
                      .leaving()
                      .map(this::leaveNetwork)
                      .orElseGet(
                          () ->
                              cni.apply(
                                  snapshot,
                                  report,
                                  seen.node().filter(NodeRecord::withoutNetwork).isPresent())));
    };
  }

  /** No new pods; all else is served as long as the node has its block. */
  private CniSetup.Outcome leaveNetwork(String why) {
    List<NodeFinding> failed = cni.leave(why);
    List<NodeFinding> findings = new ArrayList<>(failed);
    findings.add(SyncFindingMapper.leaving(why, cni.leased()));
    return new CniSetup.Outcome(failed.isEmpty(), findings);
  }

  /**
   * Nothing is asked of this node. What it served before runs on as it is while pods have addresses
   * of it; then everything of ours goes.
   */
  private boolean leave(String why, Mapping nothing) {
    boolean pods = !cni.leased().isEmpty();
    if (!pods && !cni.present() && statuses.serving().isEmpty()) {
      firewall.accept(NetworkStateMapper.map(nothing));
      told(statuses.idle(why, List.of()), List.of());
      return true;
    }
    List<NodeFinding> findings = new ArrayList<>(cni.leave(why));
    boolean left = findings.isEmpty() && !pods;
    if (left) {
      left = cleanUp(findings);
      firewall.accept(NetworkStateMapper.map(nothing));
    } else {
      // What is open for running pods stays open.
      firewall.accept(new NetworkState.Waiting());
    }
    if (!left) {
      findings.add(SyncFindingMapper.leaving(why, cni.leased()));
    }
    told(statuses.idle(why, findings), List.of());
    return left || pods;
  }

  private boolean cleanUp(List<NodeFinding> findings) {
    String remaining;
    try {
      if (kernel.isEmpty()) {
        kernel = Optional.of(opener.get());
      }
      remaining = String.join(", ", kernel.get().cleanup());
    } catch (DataPathException e) {
      close();
      remaining = e.getMessage();
    }
    if (remaining.isEmpty()) {
      statuses.cleanedUp();
      close();
      return true;
    }
    findings.add(SyncFindingMapper.notRemoved(remaining));
    return false;
  }

  /** Not told at once: a restart is no news, and the lists are usually complete in a moment. */
  private boolean unread(String why, List<NodeFinding> findings) {
    if (++incomplete >= PATIENCE) {
      tell.accept(statuses.waiting(why, findings), List.of());
    }
    return false;
  }

  private void told(SyncStatus status, List<SubnetRecord> own) {
    incomplete = 0;
    tell.accept(status, own);
  }

  /**
   * What is missing is programmed by what is remembered, where nothing speaks against it. The
   * NodeSubnets in the API may be others by now; the report says which it is about.
   */
  private boolean remembered(Mapping.Program program, Instant since) {
    Optional<NodeFinding> contradiction = cni.contradicts(program.snapshot().self().blocks());
    if (contradiction.isPresent()) {
      return unread("what is remembered is of another block", List.of(contradiction.get()));
    }
    List<NodeFinding> findings = new ArrayList<>(program.findings());
    findings.add(SyncFindingMapper.fromMemory(program, since));
    return program(program.with(program.snapshot(), findings), cni::applyRemembered);
  }

  /** Lets go of the kernel and leaves it as it is; the next sync opens it again. */
  @Override
  public void close() {
    kernel.ifPresent(KernelPath::close);
    kernel = Optional.empty();
  }

  /** What the kernel says of the host; empty while nothing is programmed. */
  Optional<HostWays> host() {
    return kernel.map(HostWays.class::cast);
  }

  /**
   * @param asked what the cluster asks; running pods may have addresses of other blocks, which are
   *     served too
   */
  private boolean program(
      Mapping.Program asked, BiFunction<ClusterSnapshot, SyncReport, CniSetup.Outcome> applyCni) {
    RetiringBlocks retiring =
        RetiringBlocks.plan(asked.snapshot(), statuses.serving(), cni.leased());
    ClusterSnapshot wanted = retiring.addTo(asked.snapshot()).with(cni.hostPorts());
    Mapping.Program program =
        asked.with(
            fastPathReady.getAsBoolean() ? wanted : wanted.withoutFastPath(), asked.findings());
    boolean remembered = program.snapshot().remembered();
    List<NodeFinding> findings = new ArrayList<>(program.findings());
    findings.addAll(retiring.findings());
    long begin = System.nanoTime();
    SyncReport report;
    try {
      if (kernel.isEmpty()) {
        kernel = Optional.of(opener.get());
      }
      report = kernel.get().sync(program.snapshot(), this);
    } catch (DataPathException e) {
      metrics.synced(false, since(begin), List.of());
      close();
      firewall.accept(remembered ? new NetworkState.Waiting() : NetworkStateMapper.map(program));
      findings.add(SyncFindingMapper.failed(e.getMessage()));
      told(statuses.unworkable(program.snapshot(), findings), program.own());
      return false;
    }
    if (report.isBrokenOff()) {
      close();
    }
    Optional<NodeFinding> contradiction =
        report.findings().stream()
            .filter(f -> f.reason() == Reason.NotAsRemembered)
            .findFirst()
            .map(NodeFinding::of);
    if (contradiction.isPresent()) {
      return unread(
          "what is remembered is not what is in the kernel", contradiction.stream().toList());
    }
    pause();
    metrics.synced(report.verified(), since(begin), report.applied());
    report.again().ifPresent(again);
    statuses.repaired(report.applied());
    NetworkState state =
        NetworkStateMapper.map(
            program,
            report.device(),
            report.underlay().map(Underlay::device),
            report.outsideDevices());
    pause();
    // What is open for the network stays open, and nothing is opened.
    firewall.accept(remembered ? new NetworkState.Waiting() : state);
    List<PeerWay> ways = kernel.map(KernelPath::peers).orElse(List.of());
    probes.accept(
        ProbeTargetsMapper.map(
            program.snapshot().network().probes(),
            asked.snapshot().self().blocks(),
            program.snapshot().peers(),
            report,
            ways),
        state instanceof NetworkState.Member member
            ? Optional.of(new TraceNetwork(member.needs(), asked.snapshot()))
            : Optional.empty());
    pause();
    // What is not verified changes nothing of it; that it is not wanted does.
    if (report.verified() || !wanted.network().fastPath()) {
      fastPath.accept(Optional.of(FastPathTarget.of(wanted, report, ways)));
    }
    pause();
    CniSetup.Outcome outcome =
        cni.present() || policed.getAsBoolean()
            ? applyCni.apply(asked.snapshot(), report)
            : new CniSetup.Outcome(false, List.of());
    report.findings().stream().map(NodeFinding::of).forEach(findings::add);
    findings.addAll(outcome.findings());
    SyncFindingMapper.mostPeersInvalid(program, report, findings).ifPresent(findings::add);
    pause();
    boolean ready = report.verified() && outcome.usable();
    told(statuses.programmed(program.snapshot(), report, ready, findings), program.own());
    return ready
        && report.findings().stream().noneMatch(f -> f.reason() == Reason.ProgrammingFailed);
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }
}
