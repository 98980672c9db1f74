package dev.tweed.agent.daemon;

import dev.tweed.agent.api.ApiBinding;
import dev.tweed.agent.api.ApiClient;
import dev.tweed.agent.api.EndpointFile;
import dev.tweed.agent.api.ListWatch;
import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.agent.cluster.ApiConnection;
import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.LinkAddressPlanner;
import dev.tweed.agent.cluster.RememberedWatch;
import dev.tweed.agent.cluster.SnapshotMapper;
import dev.tweed.agent.cni.CniConfigWriter;
import dev.tweed.agent.cni.LeaseReader;
import dev.tweed.agent.cni.PodResults;
import dev.tweed.agent.fastpath.FastPathSync;
import dev.tweed.agent.fastpath.FastPathTarget;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallFiles;
import dev.tweed.agent.firewall.FirewallHost;
import dev.tweed.agent.firewall.FirewallPlanFactory;
import dev.tweed.agent.firewall.FirewallSync;
import dev.tweed.agent.firewall.FirewallWatch;
import dev.tweed.agent.firewall.NetworkState;
import dev.tweed.agent.firewall.ServerResolver;
import dev.tweed.agent.loop.DirectoryWatch;
import dev.tweed.agent.loop.SyncLoop;
import dev.tweed.agent.memory.Binding;
import dev.tweed.agent.memory.BootIdReader;
import dev.tweed.agent.memory.MachineIdReader;
import dev.tweed.agent.memory.StateFile;
import dev.tweed.agent.probe.Prober;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.status.HealthServer;
import dev.tweed.agent.status.Metrics;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.RepairLog;
import dev.tweed.agent.status.StatusFiles;
import dev.tweed.agent.status.StatusMapper;
import dev.tweed.agent.status.StatusPublisher;
import dev.tweed.agent.trace.PathTracer;
import dev.tweed.crds.NodeReportStatus.LinkAddress;
import dev.tweed.dataplane.HostAddresses;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.netlink.NetlinkException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running daemon: watches, sync loop, status, probes. Closing it stops the work and leaves data
 * path, files and API status exactly as they are.
 */
public final class NodeDaemon implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeDaemon.class);

  /** Everything is compared with the kernel this often, should an event ever be missed. */
  private static final Duration AUDIT = Duration.ofSeconds(60);

  /** A pod waits for it, and an address may have another pod soon. */
  private static final Duration POD_PAUSE = Duration.ofMillis(10);

  /** What is refused for ever must cost little, and must not hold up the repair of all else. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Where inotify tells, nothing comes of it. Half of what {@link PodResults} takes for fresh. */
  private static final Duration PODS_AUDIT = AUDIT.dividedBy(2);

  /** A run that fails has often changed the firewall, and so asks for the next one itself. */
  private static final Duration FIREWALL_PAUSE = Duration.ofSeconds(30);

  /** What is new of nodes is first of all a peer. */
  private static final Duration RULES_FOLLOW = Duration.ofSeconds(5);

  /** 5,000 peers are programmed in well under a second. */
  private static final Duration STUCK = Duration.ofMinutes(2);

  /**
   * Thousands of rules may take a firewall minutes; each of its programs has a limit of its own.
   */
  private static final Duration FIREWALL_STUCK = Duration.ofMinutes(15);

  private final CompletableFuture<String> end;
  private final ApiConnection api;
  private final RememberedWatch cluster;
  private final StatusPublisher publisher;
  private final StatusAggregator board;
  private final Metrics metrics;
  private final Prober prober;
  private final NodeSync sync;
  private final SyncLoop loop;
  private final FirewallSync firewall;
  private final SyncLoop firewallLoop;
  private final PolicyEnforcer policy;
  private final FastPathSync fastPath;
  private final SyncLoop fastPathLoop;
  private final HealthServer health;
  private final DirectoryWatch files;
  private final SyncLoop podsLoop;
  private final DirectoryWatch pods;
  private final FirewallHost.Watching rules;

  private NodeDaemon(
      DaemonOptions options,
      Map<String, String> environment,
      KernelPath.Opener opener,
      FirewallHost host,
      Clock clock,
      CompletableFuture<String> end)
      throws IOException {
    this.end = end;
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    StatusFiles statusFiles = new StatusFiles(options.runDir());
    Optional<NodeStatus> earlier = statusFiles.read();
    Binding.Source binding = binding(options, environment);
    EndpointFile endpoints = new EndpointFile(options.stateDir(), binding);
    ApiClient client = ApiClient.open(options.api(), environment, options.version());
    List<ServerEndpoint> remembered = endpoints.read();
    client.addresses().learn(remembered);
    api = new ApiConnection(client, options.nodeName(), clock, ListWatch.RENEWAL);
    api.onEndpoints(endpoints::write);
    cluster =
        new RememberedWatch(
            api,
            new StateFile(
                options.stateDir(),
                "view",
                RememberedWatch.VERSION,
                RememberedWatch.MAX_BYTES,
                binding),
            options.nodeName(),
            clock,
            System::nanoTime,
            RememberedWatch.Timing.USUAL);
    metrics = new Metrics();
    metrics.apiSilence(api::silence);
    metrics.policyPackets(host::counts);
    publisher =
        new StatusPublisher(
            api.statusApi(),
            new StatusMapper(clock, BootIdReader.read()),
            System::nanoTime,
            random,
            this::statusRefused);
    options.leaseNamespace().ifPresent(namespace -> api.renewLease(namespace, publisher::look));
    LeaseReader leases = new LeaseReader(DaemonOptions.cniDataDir(options.runDir()));
    PodResults podResults =
        new PodResults(
            new CniResultReader(options.cniResultsDir()),
            leases,
            AUDIT,
            new PodListener(),
            System::nanoTime);
    podsLoop = new SyncLoop("pods", podResults, PODS_AUDIT, PAUSE, STUCK, System::nanoTime, random);
    CniSetup cni =
        new CniSetup(
            options,
            new StateFile(
                options.stateDir(),
                "cni-chain",
                CniConfigWriter.MEMORY_VERSION,
                CniConfigWriter.MEMORY_BYTES,
                binding),
            podResults,
            leases,
            System::nanoTime,
            this::syncWithin,
            end::complete);
    RepairLog repairs = new RepairLog(clock, earlier.map(NodeStatus::repairs).orElse(List.of()));
    board = new StatusAggregator(statusFiles, publisher::publish, metrics, repairs, earlier);
    HeapTrimmer heap = HeapTrimmer.ofThisProcess();
    fastPath =
        new FastPathSync(
            podResults::last,
            leases::holder,
            options.dataPath().sysctlDir(),
            board::showFastPath,
            this::fastPathWithin,
            this::requestSync);
    fastPathLoop =
        new SyncLoop("fastpath", fastPath, AUDIT, PAUSE, STUCK, System::nanoTime, random);
    metrics.fastPath(fastPath::status, fastPath::packets);
    earlier.flatMap(NodeStatus::fastPath).ifPresent(fastPath::remember);
    earlier.flatMap(NodeStatus::reachability).ifPresent(this::followChecksums);
    firewall =
        new FirewallSync(
            cluster::view,
            host,
            new FirewallPlanFactory(
                host,
                () -> ServerResolver.resolve(api.server()),
                () -> api.endpoints().isEmpty() ? remembered : api.endpoints()),
            new FirewallFiles(options.runDir()),
            () -> {
              repairs.add(RepairLog.FIREWALL);
              metrics.firewallRepaired();
            },
            status -> {
              fastPath.requireNewProof();
              board.show(status);
              heap.afterSync();
            },
            this::firewallWithin,
            System::nanoTime);
    firewallLoop =
        new SyncLoop(
            "firewall", firewall, AUDIT, FIREWALL_PAUSE, FIREWALL_STUCK, System::nanoTime, random);
    policy =
        new PolicyEnforcer(
            options,
            api,
            cluster::view,
            podResults,
            leases,
            host,
            metrics,
            board::show,
            fastPath::requireNewProof,
            this::requestSync,
            step -> new SyncLoop("policy", step, AUDIT, PAUSE, STUCK, System::nanoTime, random),
            clock);
    PathTracer tracer =
        PathTracer.open(Path.of(options.dataPath().nft().getFirst()), System::nanoTime);
    prober =
        opener.prober(
            tracer,
            earlier.flatMap(NodeStatus::reachability),
            this::probed,
            metrics.probes(),
            clock);
    sync =
        new NodeSync(
            cluster::view,
            new SnapshotMapper(options.nodeName()),
            () -> opener.open(this::kernelChanged),
            cni,
            policy::isReady,
            this::networkChanged,
            this::syncWithin,
            (targets, network) -> {
              tracer.network(network);
              prober.targets(targets);
            },
            this::fastPathTarget,
            fastPath::isReady,
            new NodeStatusFactory(
                options.nodeName(),
                repairs,
                earlier.map(NodeStatus::blocks).orElse(List.of()),
                () ->
                    HostVersions.read(
                        options.version(), options.dataPath().nft(), cni.pluginVersion())),
            metrics,
            (status, own) -> {
              board.show(status.withAddresses(linkAddresses(cluster.view())), own);
              if (status.dataPath().isPresent()) {
                heap.afterSync();
              }
            });
    loop =
        new SyncLoop(
            "sync", this::sync, sync::admit, AUDIT, PAUSE, STUCK, System::nanoTime, random);
    List<DirectoryWatch.Target> targets = new ArrayList<>();
    targets.add(
        new DirectoryWatch.Target(
            options.cniConfDir(), name -> !name.startsWith("."), loop::request));
    options
        .hostRoot()
        .ifPresent(root -> targets.addAll(FirewallWatch.directories(root, this::firewallChanged)));
    files =
        DirectoryWatch.start(
            targets,
            why -> board.show(AgentReason.FilesNotWatched, why.map(NodeDaemon::filesNotWatched)));
    pods =
        DirectoryWatch.start(
            List.of(
                new DirectoryWatch.Target(options.cniResultsDir(), name -> true, podsLoop::request),
                // The runtime makes it with the first pod.
                new DirectoryWatch.Target(
                    options.cniResultsDir().toAbsolutePath().getParent(),
                    options.cniResultsDir().getFileName().toString()::equals,
                    podsLoop::request)),
            why -> why.ifPresent(text -> LOG.warn("pods that start are seen late: {}", text)),
            POD_PAUSE);
    rules = host.watch(this::firewallChanged);
    health =
        HealthServer.start(
            options.http(),
            // Not podsLoop: a disk that hangs is no fault of this process.
            () ->
                loop.alive()
                    && firewallLoop.alive()
                    && policy.alive()
                    && fastPathLoop.alive()
                    && !end.isDone(),
            board::readiness,
            metrics::scrape,
            why ->
                board.show(
                    AgentReason.ProbesNotAnswered,
                    why.map(text -> probesNotAnswered(options.http(), text))));
  }

  /** In the sync thread, which is in the network namespace of the host. */
  private static List<LinkAddress> linkAddresses(ClusterView view) {
    List<String> names = LinkAddressPlanner.names(view);
    if (names.isEmpty()) {
      return List.of();
    }
    try (HostAddresses host = HostAddresses.open()) {
      return LinkAddressPlanner.plan(names, host.all());
    } catch (NetlinkException e) {
      LOG.warn("addresses of links are not told: {}", e.getMessage());
      return List.of();
    }
  }

  /**
   * Starts the daemon; returns at once. Whether the API server answers does not matter yet. From
   * then on a thread that dies ends it, whoever's that is.
   *
   * @param opener opens the data path, in its thread
   * @param host the firewall
   * @param environment where the pod's API server is looked up
   * @throws IOException when files of an earlier process cannot be read
   * @throws IllegalArgumentException naming an option that cannot be right
   */
  public static NodeDaemon start(
      DaemonOptions options,
      Map<String, String> environment,
      KernelPath.Opener opener,
      FirewallHost host,
      Clock clock)
      throws IOException {
    CompletableFuture<String> end = new CompletableFuture<>();
    Thread.setDefaultUncaughtExceptionHandler(new LostThreads(end::complete));
    NodeDaemon daemon = new NodeDaemon(options, environment, opener, host, clock, end);
    daemon.publisher.start();
    daemon.podsLoop.start();
    daemon.loop.start();
    daemon.firewallLoop.start();
    daemon.cluster.onArrival(
        subnet -> {
          daemon.sync.arrived(subnet);
          daemon.loop.requestAhead();
          daemon.firewallLoop.requestWithin(RULES_FOLLOW);
          daemon.policy.requestWithin(RULES_FOLLOW);
        });
    daemon.policy.start();
    daemon.fastPathLoop.start();
    daemon.cluster.start(
        () -> {
          daemon.loop.request();
          daemon.firewallLoop.request();
          daemon.policy.request();
        },
        daemon.board::show);
    return daemon;
  }

  /** Where probes and metrics are answered. */
  public InetSocketAddress http() {
    return health.address();
  }

  /** Waits until something comes that only another start of the process mends; says what. */
  public String awaitEnd() {
    return end.join();
  }

  @Override
  public void close() {
    health.close();
    rules.close();
    files.close();
    pods.close();
    firewallLoop.close();
    policy.close();
    fastPathLoop.close();
    podsLoop.close();
    loop.close();
    prober.close();
    publisher.close();
    cluster.close();
    sync.close();
    fastPath.close();
    metrics.close();
  }

  private static Binding.Source binding(DaemonOptions options, Map<String, String> environment) {
    return new ApiBinding(options.nodeName(), MachineIdReader.read(), options.api(), environment);
  }

  private static NodeFinding filesNotWatched(String why) {
    return NodeFinding.of(
        AgentReason.FilesNotWatched,
        "inotify",
        why
            + ". Changes of the CNI configuration and of the firewall's files are seen with the"
            + " next audit, up to a minute later",
        "sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288, and the"
            + " same in a file of /etc/sysctl.d; it is tried again by itself");
  }

  private static NodeFinding probesNotAnswered(InetSocketAddress address, String why) {
    return NodeFinding.of(
        AgentReason.ProbesNotAnswered,
        address.getAddress().getHostAddress() + ":" + address.getPort(),
        "cannot be listened on: "
            + why
            + ". Probes and metrics go to somebody else or nowhere; the kubelet may restart the"
            + " daemon for it, which the data path outlives",
        "see who listens: ss -ltnp 'sport = :%d'; or choose another address by the chart values"
                .formatted(address.getPort())
            + " node.http.address and node.http.port, or the option --http-address; it is tried"
            + " again by itself");
  }

  /** What calls for a sync may have changed the way to the API server, too. */
  private boolean sync() {
    boolean done = sync.getAsBoolean();
    sync.host().ifPresent(api::follow);
    return done;
  }

  private void statusRefused(Optional<NodeFinding> finding) {
    board.show(AgentReason.StatusNotWritten, finding);
  }

  private void networkChanged(NetworkState state) {
    if (firewall.network(state)) {
      firewallLoop.request();
    }
  }

  private void syncWithin(Duration delay) {
    loop.requestWithin(delay);
  }

  private void fastPathWithin(Duration delay) {
    fastPathLoop.requestWithin(delay);
  }

  private void fastPathTarget(Optional<FastPathTarget> target) {
    if (fastPath.target(target)) {
      fastPathLoop.request();
    }
  }

  private void probed(Reachability seen) {
    board.show(seen);
    followChecksums(seen);
  }

  /** Fast packets have to be where checksums are filled in. */
  private void followChecksums(Reachability seen) {
    switch (seen.txChecksum()) {
      case DAMAGES, OFF -> fastPath.sumsByTunnel(true);
      case WORKS, DAMAGED_ANYWAY -> fastPath.sumsByTunnel(false);
      case NOT_MEASURED, TRYING, NOT_SWITCHED -> {} // as it was
    }
  }

  private void firewallChanged() {
    fastPath.requireNewProof();
    firewall.firewallChanged();
    firewallLoop.requestRepair();
  }

  private void firewallWithin(Duration delay) {
    firewallLoop.requestWithin(delay);
  }

  private final class PodListener implements PodResults.Listener {
    @Override
    public void pods() {
      policy.request();
      fastPathLoop.request();
    }

    @Override
    public void hostPorts() {
      requestSync();
    }
  }

  private void requestSync() {
    loop.request();
  }

  private void kernelChanged() {
    loop.requestRepair();
  }
}
