package dev.tweed.agent.status;

import dev.tweed.agent.finding.ConditionStatus;
import dev.tweed.agent.probe.ProbeMeter;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.agent.probe.UnreachedPeer.Cause;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.dataplane.Change;
import dev.tweed.firewall.nft.RuleCount;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The daemon's metrics, all named {@code tweed_...} but those of the heap. Few on purpose: each
 * binder of Micrometer costs memory on every node.
 */
public final class Metrics implements AutoCloseable {

  private static final String POLICY = "policy";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger expected = new AtomicInteger();
  private final AtomicInteger programmed = new AtomicInteger();
  private final AtomicInteger ready = new AtomicInteger();
  private volatile double reachable = Double.NaN;
  private volatile double connected = Double.NaN;
  private volatile Reachability reachability = Reachability.without(Reachability.Proof.NOT_YET);
  private final Timer roundTrip =
      Timer.builder("tweed.probe.rtt")
          .description("Time from a probe of another node's block to its answer")
          .register(registry);
  private final Counter successes = syncs("success");
  private final Counter failures = syncs("failure");
  private final Timer duration =
      Timer.builder("tweed.sync.duration")
          .description("Time one comparison with the kernel takes, repairs included")
          .register(registry);

  /** Registers the metrics. */
  public Metrics() {
    peers("expected", expected);
    peers("programmed", programmed);
    Gauge.builder("tweed.reachable", () -> reachable)
        .description("As the condition Reachable: 1 True, 0 False, NaN Unknown")
        .register(registry);
    Gauge.builder("tweed.api.connected", () -> connected)
        .description("As the condition Connected: 1 True, 0 False, NaN Unknown")
        .register(registry);
    Gauge.builder("tweed.ready", ready, AtomicInteger::get)
        .description("1 as the condition Ready: programmed, and nothing keeps pods from working")
        .register(registry);
    for (Change.Kind kind : Change.Kind.values()) {
      repairs(RepairLog.kind(kind));
    }
    repairs(RepairLog.FIREWALL);
    probed("answering", r -> r.answered() - unreached(r, Cause.LARGE_LOST));
    for (Cause cause : Cause.values()) {
      probed(lower(cause), r -> unreached(r, cause));
    }
    for (ProbeMeter.Result result : ProbeMeter.Result.values()) {
      probes(result);
    }
    heap("used", "Heap in use, garbage included", r -> r.totalMemory() - r.freeMemory());
    heap("committed", "Heap the process holds", Runtime::totalMemory);
    heap("max", "Heap it may hold", Runtime::maxMemory);
  }

  private void peers(String state, AtomicInteger count) {
    Gauge.builder("tweed.peers", count, AtomicInteger::get)
        .tag("state", state)
        .description("Blocks of other nodes: those in the API, those in the kernel")
        .register(registry);
  }

  /** As Micrometer's binder for the JVM's memory names it, which reads much more. */
  private void heap(String kind, String description, ToDoubleFunction<Runtime> bytes) {
    Gauge.builder("jvm.memory." + kind, Runtime.getRuntime(), bytes)
        .baseUnit("bytes")
        .tag("area", "heap")
        .description(description)
        .register(registry);
  }

  private void probed(String state, ToDoubleFunction<Reachability> count) {
    Gauge.builder("tweed.probe.peers", () -> count.applyAsDouble(reachability))
        .tag("state", state)
        .description("Blocks of other nodes that are probed, by what comes of it")
        .register(registry);
  }

  private static long unreached(Reachability found, Cause cause) {
    return found.unreached().stream().filter(peer -> peer.cause() == cause).count();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Counts what becomes of probes. */
  public ProbeMeter probes() {
    return new ProbeMeter() {
      @Override
      public void count(Result result) {
        probes(result).increment();
      }

      @Override
      public void answeredAfter(long nanos) {
        roundTrip.record(nanos, TimeUnit.NANOSECONDS);
      }
    };
  }

  /** Shows what probing finds. */
  public void show(Reachability found) {
    reachability = found;
  }

  /** Shows how long nothing was learned from the API server. */
  public void apiSilence(Supplier<Duration> silence) {
    Gauge.builder("tweed.api.last.read", () -> silence.get().toMillis() / 1000.0)
        .baseUnit("seconds")
        .description("Seconds since anything was read from the API server")
        .register(registry);
  }

  /** Shows what rules of policies have counted; asked for when somebody scrapes. */
  public void policyPackets(Supplier<List<RuleCount>> counts) {
    counter(
        "tweed_firewall_policy_packets",
        "Packets that rules of a FirewallPolicy have decided about, or would in mode Audit",
        () ->
            counts.get().stream()
                .collect(
                    Collectors.groupingBy(
                        count ->
                            Labels.of(
                                "policy",
                                count.policy(),
                                "action",
                                lower(count.action()),
                                "mode",
                                count.tried() ? "audit" : "enforce"),
                        Collectors.summingLong(RuleCount::packets))));
  }

  /** A counter that somebody else keeps. */
  private void counter(String name, String help, Supplier<Map<Labels, Long>> counts) {
    register(
        () -> {
          CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
          counts
              .get()
              .forEach(
                  (labels, count) ->
                      counter.dataPoint(
                          CounterSnapshot.CounterDataPointSnapshot.builder()
                              .labels(labels)
                              .value(count)
                              .build()));
          return counter.build();
        });
  }

  private static Map<Labels, Long> labelled(String label, Map<String, Long> counts) {
    return counts.entrySet().stream()
        .collect(Collectors.toMap(e -> Labels.of(label, e.getKey()), Map.Entry::getValue));
  }

  private void register(Collector collector) {
    registry.getPrometheusRegistry().register(collector);
  }

  /**
   * Shows what network policies do; asked for when somebody scrapes.
   *
   * @param drops packets dropped, by cause
   * @param waiting pods that are closed, since nothing is known of them yet
   */
  public void policies(Supplier<Map<String, Long>> drops, IntSupplier waiting) {
    Gauge.builder("tweed.policy.pods.waiting", waiting, IntSupplier::getAsInt)
        .description("Pods that run and are closed until the operator has named their policies")
        .register(registry);
    repairs(POLICY);
    counter(
        "tweed_policy_dropped_packets",
        "Packets of pods that network policies have dropped",
        () -> labelled("cause", drops.get()));
  }

  /**
   * Shows what becomes of packets between pods; asked for when somebody scrapes.
   *
   * @param status how it stands; empty where the node belongs to no network
   * @param packets by what became of them; none while there is no fast path
   */
  public void fastPath(
      Supplier<Optional<NodeReportStatus.FastPath>> status, Supplier<Map<String, Long>> packets) {
    register(
        () -> {
          GaugeSnapshot.Builder state =
              GaugeSnapshot.builder()
                  .name("tweed_fastpath_on")
                  .help(
                      "1 while flows may skip netfilter, else 0; the reason is why not, or why not for all");
          status
              .get()
              .ifPresent(
                  now ->
                      state.dataPoint(
                          GaugeSnapshot.GaugeDataPointSnapshot.builder()
                              .labels(Labels.of("reason", now.reason() == null ? "" : now.reason()))
                              .value(now.state().equals(NodeReportStatus.FastPath.ON) ? 1 : 0)
                              .build()));
          return state.build();
        });
    counter(
        "tweed_fastpath_packets",
        "Packets between pods with the fast path and other nodes, by what became of them",
        () -> labelled("outcome", packets.get()));
  }

  /** Counts one repair of the table of network policies. */
  public void policyRepaired() {
    repairs(POLICY).increment();
  }

  /** Counts one sync with the kernel. */
  public void synced(boolean success, Duration time, List<Change> applied) {
    (success ? successes : failures).increment();
    duration.record(time);
    applied.stream()
        .filter(Change::drift)
        .forEach(c -> repairs(RepairLog.kind(c.kind())).increment());
  }

  /** Counts one repair of the host's firewall. */
  public void firewallRepaired() {
    repairs(RepairLog.FIREWALL).increment();
  }

  /** Shows the node's state. */
  public void show(NodeStatus status) {
    ready.set(status.ready() ? 1 : 0);
    reachable = figure(status.reachable().status());
    connected = figure(status.connected().status());
    expected.set(status.dataPath().map(NodeStatus.DataPathStatus::peersExpected).orElse(0));
    programmed.set(status.dataPath().map(NodeStatus.DataPathStatus::peersProgrammed).orElse(0));
  }

  private static double figure(ConditionStatus status) {
    return switch (status) {
      case True -> 1;
      case False -> 0;
      case Unknown -> Double.NaN;
    };
  }

  /** In Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }

  private Counter syncs(String result) {
    return Counter.builder("tweed.sync")
        .tag("result", result)
        .description("Comparisons with the kernel")
        .register(registry);
  }

  private Counter probes(ProbeMeter.Result result) {
    return Counter.builder("tweed.probes")
        .tag("result", lower(result))
        .description("Probes of other nodes' blocks, by what became of them")
        .register(registry);
  }

  private Counter repairs(String kind) {
    return Counter.builder("tweed.repairs")
        .tag("kind", kind)
        .description("Objects of ours that something else had changed, mended")
        .register(registry);
  }
}
