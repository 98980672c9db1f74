package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.ledger.Allocator;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the cluster one step nearer to what the PodNetworks ask for. Looks at everything each time
 * and remembers nothing that matters, so it may be called at any time and as often as one likes; a
 * run that finds nothing to do writes nothing.
 */
public final class ClusterReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterReconciler.class);

  private final Supplier<ClusterView> cluster;
  private final ClusterCaches caches;
  private final Allocator allocator;
  private final SubnetWriter subnets;
  private final NodeWriter nodes;
  private final ReleaseWriter releases;
  private final Function<ClusterView, Set<String>> silent;
  private final OperatorMeters meters;
  private final OperatorSettings settings;
  private final Clock clock;

  /**
   * @param silent which nodes' daemons are silent
   */
  ClusterReconciler(
      ClusterCaches caches,
      Allocator allocator,
      SubnetWriter subnets,
      NodeWriter nodes,
      ReleaseWriter releases,
      Function<ClusterView, Set<String>> silent,
      OperatorMeters meters,
      OperatorSettings settings,
      Clock clock) {
    this.cluster = caches::view;
    this.caches = caches;
    this.allocator = allocator;
    this.subnets = subnets;
    this.nodes = nodes;
    this.releases = releases;
    this.silent = silent;
    this.meters = meters;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * What a run found and left.
   *
   * @param failures what went wrong, in words; the rest was done nevertheless
   * @param again when to run again if nothing happens before
   */
  public record Result(ClusterOutcome outcome, List<String> failures, Optional<Instant> again) {}

  /** One run. Not for several threads. */
  public Result reconcile() {
    ClusterView view = cluster.get();
    Instant now = clock.instant();
    List<String> failures = new ArrayList<>();
    AllocationPlan plan =
        AllocationPlanner.plan(Facts.input(view, view.subnets(), Map.of(), settings, now));
    List<SubnetFacts> basis = view.subnets();
    Optional<Instant> again = plan.nextDeadline();
    boolean releasable = !plan.releases().isEmpty() && allocator.untilDeletable().isZero();
    if (!plan.claims().isEmpty() || releasable) {
      Allocator.Outcome done =
          allocator.allocate(
              (latest, cursors) ->
                  AllocationPlanner.plan(Facts.input(view, latest, cursors, settings, now)),
              view.subnets());
      report(done, failures);
      plan = done.plan();
      basis = done.basis();
      again = earlier(again, more(plan, failures, now));
    }
    if (!plan.releases().isEmpty()) {
      if (allocator.mayDelete()) {
        failures.addAll(releases.release(plan.releases(), basis));
      } else {
        again = earlier(again, Optional.of(now.plus(allocator.untilDeletable())));
      }
    }
    failures.addAll(subnets.amend(plan.amendments()));
    failures.addAll(nodes.perform(NodeChores.plan(view)));
    ClusterOutcome outcome = outcome(view, plan, basis);
    meters.record(outcome);
    return new Result(outcome, List.copyOf(failures), again);
  }

  private void report(Allocator.Outcome done, List<String> failures) {
    caches.remember(done.created());
    meters.allocated(done.created());
    if (!done.created().isEmpty()) {
      LOG.info(
          "created {} NodeSubnets, {} to {}",
          done.created().size(),
          done.created().getFirst().spec().cidr(),
          done.created().getLast().spec().cidr());
    }
    if (done.conflicts() > 0) {
      meters.conflicts(done.conflicts());
      LOG.info("another operator was first {} times; planned again", done.conflicts());
    }
    done.refused().stream()
        .map(r -> "NodeSubnet " + r.name() + " refused: " + r.message())
        .forEach(failures::add);
  }

  // Claims are left over when others made some of them; at once, unless the API server refuses
  // them.
  private Optional<Instant> more(AllocationPlan plan, List<String> failures, Instant now) {
    return !plan.claims().isEmpty() && failures.isEmpty() ? Optional.of(now) : Optional.empty();
  }

  private ClusterOutcome outcome(ClusterView view, AllocationPlan plan, List<SubnetFacts> basis) {
    Map<String, NetworkReadiness> readiness = NetworkReadiness.of(basis, silent.apply(view));
    Map<String, Integer> blocks =
        basis.stream().collect(Collectors.toMap(s -> s.spec().podNetwork(), s -> 1, Integer::sum));
    Map<String, ClusterOutcome.NetworkState> networks = new TreeMap<>();
    for (NetworkFacts network : view.networks()) {
      String name = network.name();
      networks.put(
          name,
          new ClusterOutcome.NetworkState(
              network.uid(),
              network.generation(),
              plan.networks().get(name),
              readiness.getOrDefault(name, NetworkReadiness.none()),
              blocks.getOrDefault(name, 0)));
    }
    return new ClusterOutcome(networks, view.nodes());
  }

  private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
    return a.isPresent() && b.isPresent() ? a.filter(b.get()::isAfter).or(() -> b) : a.or(() -> b);
  }
}
