package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyOutcome;
import dev.tweed.operator.policy.PolicyOutcome.Progress;
import dev.tweed.operator.policy.PolicyTally;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** What Prometheus sees. */
public final class OperatorMeters {
  private final MultiGauge poolBlocks;
  private final MultiGauge nodes;
  private final MultiGauge policies;
  private final MultiGauge policyNodes;
  private final Counter allocations;
  private final Counter releases;
  private final Counter conflicts;
  private final Timer success;
  private final Timer failure;
  private final Map<Duty, AtomicInteger> failing = new EnumMap<>(Duty.class);

  private final MultiGauge networkPolicyStates;
  private final Map<String, AtomicInteger> networkPolicySizes = new HashMap<>();
  private final MeterRegistry registry;

  public OperatorMeters(MeterRegistry registry) {
    this.registry = registry;
    poolBlocks =
        MultiGauge.builder("tweed.pool.blocks")
            .description("blocks of a pool by state: allocated or free")
            .register(registry);
    nodes =
        MultiGauge.builder("tweed.nodes")
            .description("nodes of a network by state: selected, allocated, ready or silent")
            .register(registry);
    policies =
        MultiGauge.builder("tweed.firewall.policies")
            .description("FirewallPolicies by state: applied, pending, failing or refused")
            .register(registry);
    policyNodes =
        MultiGauge.builder("tweed.firewall.nodes")
            .description(
                "nodes of a FirewallPolicy by state: selected, applied, pending or failing")
            .register(registry);
    allocations =
        Counter.builder("tweed.allocations")
            .description("NodeSubnets created by this process")
            .register(registry);
    releases =
        Counter.builder("tweed.releases")
            .description("NodeSubnets deleted by this process")
            .register(registry);
    conflicts =
        Counter.builder("tweed.ledger.conflicts")
            .description("times another operator was first to write the ledger")
            .register(registry);
    success = timer(registry, "success");
    failure = timer(registry, "failure");
    networkPolicyStates =
        MultiGauge.builder("tweed.networkpolicies")
            .description(
                "NetworkPolicies and ClusterNetworkPolicies by state: enforced on every node that has"
                    + " a pod they select, or pending")
            .register(registry);
    for (String what : List.of("policies", "sets", "pods")) {
      AtomicInteger size = new AtomicInteger();
      networkPolicySizes.put(what, size);
      Gauge.builder("tweed.networkpolicy.index", size, AtomicInteger::get)
          .description("what network policies are resolved with: policies, sets and pods known")
          .tag("of", what)
          .register(registry);
    }
    for (Duty duty : Duty.values()) {
      AtomicInteger state = new AtomicInteger();
      failing.put(duty, state);
      Gauge.builder("tweed.duty.failing", state, AtomicInteger::get)
          .description("1 while something of this duty went wrong when it was done last")
          .tag("duty", duty.label())
          .register(registry);
    }
  }

  private static Timer timer(MeterRegistry registry, String result) {
    return Timer.builder("tweed.reconcile")
        .description("runs of the allocation loop")
        .tag("result", result)
        .publishPercentileHistogram(false)
        .register(registry);
  }

  void record(ClusterOutcome outcome) {
    List<MultiGauge.Row<?>> blockRows = new ArrayList<>();
    List<MultiGauge.Row<?>> nodeRows = new ArrayList<>();
    outcome
        .networks()
        .forEach(
            (network, state) -> {
              for (NetworkOutcome.PoolUse pool : state.outcome().pools()) {
                Tags tags = Tags.of("network", network, "pool", pool.cidr());
                blockRows.add(MultiGauge.Row.of(tags.and("state", "allocated"), pool.allocated()));
                blockRows.add(MultiGauge.Row.of(tags.and("state", "free"), pool.free()));
              }
              Tags tags = Tags.of("network", network);
              nodeRows.add(
                  MultiGauge.Row.of(tags.and("state", "selected"), state.outcome().selected()));
              nodeRows.add(
                  MultiGauge.Row.of(tags.and("state", "allocated"), state.outcome().allocated()));
              nodeRows.add(
                  MultiGauge.Row.of(tags.and("state", "ready"), state.readiness().ready()));
              nodeRows.add(
                  MultiGauge.Row.of(tags.and("state", "silent"), state.readiness().silent()));
            });
    poolBlocks.register(blockRows, true);
    nodes.register(nodeRows, true);
  }

  void record(PolicyOutcome outcome) {
    Map<Progress, Integer> counts = new EnumMap<>(Progress.class);
    List<MultiGauge.Row<?>> nodeRows = new ArrayList<>();
    outcome
        .policies()
        .forEach(
            (policy, state) -> {
              counts.merge(state.progress(), 1, Integer::sum);
              Tags tags = Tags.of("policy", policy);
              PolicyTally tally = state.tally();
              nodeRows.add(MultiGauge.Row.of(tags.and("state", "selected"), tally.selected()));
              nodeRows.add(MultiGauge.Row.of(tags.and("state", "applied"), tally.applied()));
              nodeRows.add(MultiGauge.Row.of(tags.and("state", "pending"), tally.pending()));
              nodeRows.add(MultiGauge.Row.of(tags.and("state", "failing"), tally.failing()));
            });
    List<MultiGauge.Row<?>> policyRows = new ArrayList<>();
    for (Progress progress : Progress.values()) {
      policyRows.add(
          MultiGauge.Row.of(
              Tags.of("state", progress.name().toLowerCase(Locale.ROOT)),
              counts.getOrDefault(progress, 0)));
    }
    policies.register(policyRows, true);
    policyNodes.register(nodeRows, true);
  }

  /** Has objects counted of which not everything could be read. */
  void watch(UnknownObjects unknown) {
    for (String kind : List.of("FirewallPolicy", "NodeReport", "NodeSubnet", "PodNetwork")) {
      Gauge.builder("tweed.unknown.values", unknown, u -> u.count(kind))
          .description("objects with values that this version does not know")
          .tag("kind", kind)
          .register(registry);
    }
  }

  /** What network policies there are, and what they are resolved with. */
  void networkPolicies(int policies, int sets, int pods) {
    networkPolicySizes.get("policies").set(policies);
    networkPolicySizes.get("sets").set(sets);
    networkPolicySizes.get("pods").set(pods);
  }

  /** How far network policies are in force. */
  void networkPolicyStates(int enforced, int pending) {
    networkPolicyStates.register(
        List.of(
            MultiGauge.Row.of(Tags.of("state", "enforced"), enforced),
            MultiGauge.Row.of(Tags.of("state", "pending"), pending)),
        true);
  }

  /** Objects that network policies are compiled to were written or deleted. */
  void wroteNetworkPolicies(String kind, int count) {
    if (count > 0) {
      Counter.builder("tweed.networkpolicy.writes")
          .description("objects written or deleted that network policies are compiled to")
          .tag("kind", kind)
          .register(registry)
          .increment(count);
    }
  }

  void allocated(List<SubnetFacts> created) {
    allocations.increment(created.size());
  }

  void conflicts(int count) {
    conflicts.increment(count);
  }

  void released() {
    releases.increment();
  }

  void ran(Duration time, Set<Duty> failed) {
    (failed.isEmpty() ? success : failure).record(time);
    Duty.OF_A_RUN.forEach(duty -> failing(duty, failed.contains(duty)));
  }

  void failing(Duty duty, boolean fails) {
    failing.get(duty).set(fails ? 1 : 0);
  }
}
