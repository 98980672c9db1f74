package dev.tweed.operator.cluster;

import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.policy.PolicyOutcome;
import dev.tweed.operator.reach.NetworkReach;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Caches, loop and everything between, wired. One per process, started when it leads. */
public final class OperatorCore implements AutoCloseable {
  /** Reports for people that are written at once. */
  private static final int REPORTS = 4;

  private final KubernetesClient client;
  private final BoundedCalls calls;
  private final ClusterCaches caches;
  private final ClusterReconciler reconciler;
  private final ClusterLoop loop;
  private final PolicyLoop policies;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final SteadyTime time;
  private final ReachWatch reach;
  private final Optional<SilenceWatch> silence;
  private final BoundedCalls policyCalls;
  private final NetworkPolicyWatches networkPolicyWatches;
  private final NetworkPolicyLoop networkPolicies;
  private final BoundedCalls enforcementCalls;
  private final EnforcementLoop enforcement;
  private final List<StatusWriter> writers = new CopyOnWriteArrayList<>();
  private final List<Consumer<ClusterOutcome>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<PolicyOutcome>> policyListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<String>> reachListeners = new CopyOnWriteArrayList<>();

  public OperatorCore(
      KubernetesClient client,
      OperatorSettings settings,
      MeterRegistry registry,
      Clock clock,
      LongSupplier nanoTime) {
    this(client, settings, registry, clock, nanoTime, BoundedCalls.RETRY_AFTER);
  }

  /**
   * @param retryAfter of {@link BoundedCalls}, whose pauses no clock but the machine's can shorten
   */
  OperatorCore(
      KubernetesClient client,
      OperatorSettings settings,
      MeterRegistry registry,
      Clock clock,
      LongSupplier nanoTime,
      Duration retryAfter) {
    this.client = client;
    time = new SteadyTime(clock.instant(), nanoTime);
    calls = new BoundedCalls(new CongestionWindow(settings.parallelism()), retryAfter, time);
    events = new OperatorEvents(client, settings, clock);
    meters = new OperatorMeters(registry);
    UnknownObjects unknown = new UnknownObjects(events::unknownValues);
    meters.watch(unknown);
    caches = new ClusterCaches(client, this::request, this::requestPolicies, unknown, time);
    SubnetWriter subnets = new SubnetWriter(client, calls);
    Allocator allocator =
        new Allocator(
            new ConfigMapLedgerStore(client, settings.namespace()),
            new CreationRecorder(subnets, caches::remember, meters::allocated),
            settings.quiet(),
            settings.batch(),
            nanoTime,
            clock);
    silence =
        settings
            .leaseNamespace()
            .map(
                leases ->
                    new SilenceWatch(
                        new LeaseReader(client, leases, settings)::look,
                        caches::view,
                        new SilenceFactsReader(client, settings.namespace()),
                        new SilentReportWriter(client, clock),
                        calls,
                        events,
                        this::request,
                        failing -> meters.failing(Duty.SILENCE, failing),
                        time));
    reconciler =
        new ClusterReconciler(
            caches,
            allocator,
            subnets,
            new NodeWriter(client, calls, clock),
            new ReleaseWriter(client, allocator, subnets, calls, events, meters, settings, clock),
            new GuardExpiry(client, calls, caches::openGuards, settings.releaseAfter(), time),
            view -> silence.map(s -> s.silent(view)).orElse(Set.of()),
            (nodes, now) -> silence.map(s -> s.lastHeard(nodes, now)).orElse(Map.of()),
            events,
            meters,
            settings,
            clock,
            time);
    reach = new ReachWatch(network -> reachListeners.forEach(l -> l.accept(network)));
    loop = new ClusterLoop(reconciler::reconcile, this::publish, meters, clock, time);
    policies =
        new PolicyLoop(
            () -> {
              ClusterView view = caches.view();
              reach.look(view);
              return PolicyInputReader.read(view);
            },
            outcome -> {
              meters.record(outcome);
              policyListeners.forEach(l -> l.accept(outcome));
            },
            events,
            meters,
            time);
    // Calls of their own: blocks and policies do not wait for each other.
    policyCalls = new BoundedCalls(new CongestionWindow(settings.parallelism()), retryAfter, time);
    networkPolicyWatches =
        new NetworkPolicyWatches(
            client, this::requestNetworkPolicies, this::requestEnforcement, time);
    enforcementCalls = new BoundedCalls(new CongestionWindow(REPORTS), retryAfter, time);
    enforcement =
        new EnforcementLoop(
            networkPolicyWatches,
            new EnforcementWriter(client, networkPolicyWatches),
            this::knowsNetworkPolicies,
            enforcementCalls,
            events,
            meters,
            clock,
            time);
    networkPolicies =
        new NetworkPolicyLoop(
            networkPolicyWatches,
            new NetworkPolicyWriter(client, networkPolicyWatches),
            policyCalls,
            caches::nodeUids,
            enforcement::outlook,
            settings.networkPolicies(),
            events,
            meters,
            time);
  }

  /** Adds someone who is told the outcome of each run. */
  public void listen(Consumer<ClusterOutcome> listener) {
    listeners.add(listener);
  }

  /** Adds someone who is told what was found of FirewallPolicies. */
  public void listenToPolicies(Consumer<PolicyOutcome> listener) {
    policyListeners.add(listener);
  }

  /** Adds someone who is told the names of networks whose nodes reach each other otherwise now. */
  public void listenToReach(Consumer<String> listener) {
    reachListeners.add(listener);
  }

  /** How the nodes of a network reach each other. */
  public NetworkReach reach(String network) {
    return reach.of(network);
  }

  private void publish(ClusterOutcome outcome) {
    listeners.forEach(l -> l.accept(outcome));
    // Nodes, networks and blocks matter to policies too.
    policies.request();
    networkPolicies.request();
  }

  private void requestNetworkPolicies() {
    networkPolicies.request();
  }

  private void requestEnforcement() {
    enforcement.request();
  }

  private boolean knowsNetworkPolicies() {
    return networkPolicies.hasTold();
  }

  private void requestPolicies() {
    policies.request();
  }

  /** Fills the caches and starts the loop. */
  public void start() {
    caches.start();
    loop.start();
    policies.start();
    networkPolicies.start();
    enforcement.start();
    silence.ifPresent(SilenceWatch::start);
  }

  ClusterCaches caches() {
    return caches;
  }

  ClusterReconciler reconciler() {
    return reconciler;
  }

  /** Asks for a run; harmless before {@link #start}. */
  public void request() {
    loop.request();
  }

  public ClusterLoop loop() {
    return loop;
  }

  public PolicyLoop policies() {
    return policies;
  }

  /** A writer of statuses, for one kind. */
  public StatusWriter statusWriter() {
    StatusWriter writer =
        new StatusWriter(
            client,
            events,
            time,
            () -> meters.failing(Duty.STATUS, statusesFailingSince().isPresent()));
    writers.add(writer);
    return writer;
  }

  private Optional<Instant> statusesFailingSince() {
    return writers.stream().flatMap(w -> w.failingSince().stream()).min(Comparator.naturalOrder());
  }

  /** What everything in this process waits and is timed by. */
  public SteadyTime time() {
    return time;
  }

  /** Since when, in {@link SteadyTime}, work that takes seconds has been on, if some is. */
  public Optional<Instant> runningSince() {
    return first(
        loop.runningSince(),
        policies.runningSince(),
        networkPolicies.runningSince(),
        enforcement.runningSince(),
        silence.flatMap(SilenceWatch::lookingSince));
  }

  /** Since when, in {@link SteadyTime}, no run went well, if the last did not. */
  public Optional<Instant> failingSince() {
    return first(
        loop.failingSince(),
        policies.failingSince(),
        silence.flatMap(SilenceWatch::failingSince),
        statusesFailingSince());
  }

  @SafeVarargs
  private static Optional<Instant> first(Optional<Instant>... times) {
    return Stream.of(times).flatMap(Optional::stream).min(Comparator.naturalOrder());
  }

  /** Since when, in {@link SteadyTime}, some watch has been without a connection. */
  public Optional<Instant> notWatchingSince() {
    return caches.notWatchingSince();
  }

  @Override
  public void close() {
    silence.ifPresent(SilenceWatch::close);
    loop.close();
    policies.close();
    networkPolicies.close();
    enforcement.close();
    networkPolicyWatches.close();
    policyCalls.close();
    enforcementCalls.close();
    caches.close();
    calls.close();
  }
}
