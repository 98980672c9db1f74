package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.AddressConflict;
import dev.tweed.operator.allocation.AllocationInput;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.RecentReleases;
import dev.tweed.operator.allocation.ReleaseValve;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.cluster.BoundedCalls.Written;
import dev.tweed.operator.cluster.Duty.Failure;
import dev.tweed.operator.ledger.Allocator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the cluster one step nearer to what the PodNetworks ask for. Looks at everything each time
 * and remembers only since when it has seen what has to stand for a while, such as marks, so it may
 * be called at any time and as often as one likes; a run that finds nothing to do writes nothing.
 * One duty that fails keeps no other from being done.
 */
public final class ClusterReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterReconciler.class);

  private static final String NODE_ADDRESS_TAKEN = "NodeAddressTaken";
  private static final String ALLOCATE = "Allocate";

  /** Two Events each. */
  private static final int CONFLICTS_AT_ONCE = 5;

  private final Supplier<ClusterView> cluster;
  private final Allocator allocator;
  private final SubnetWriter subnets;
  private final NodeWriter nodes;
  private final ReleaseWriter releases;
  private final GuardExpiry guards;
  private final Function<ClusterView, Set<String>> silent;
  private final BiFunction<Set<String>, Instant, Map<String, Instant>> lastHeard;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final OperatorSettings settings;
  private final Clock clock;
  private final SteadyTime time;
  private MarksSeen marks = MarksSeen.none();
  private RecentReleases released = RecentReleases.none();
  private ClusterOutcome latest = ClusterOutcome.none();
  private Set<String> told = Set.of();

  /**
   * @param silent which nodes' daemons are silent
   * @param lastHeard when those of some nodes that have a Lease were last heard, by the time of day
   *     now
   */
  ClusterReconciler(
      ClusterCaches caches,
      Allocator allocator,
      SubnetWriter subnets,
      NodeWriter nodes,
      ReleaseWriter releases,
      GuardExpiry guards,
      Function<ClusterView, Set<String>> silent,
      BiFunction<Set<String>, Instant, Map<String, Instant>> lastHeard,
      OperatorEvents events,
      OperatorMeters meters,
      OperatorSettings settings,
      Clock clock,
      SteadyTime time) {
    this.cluster = caches::view;
    this.allocator = allocator;
    this.subnets = subnets;
    this.nodes = nodes;
    this.releases = releases;
    this.guards = guards;
    this.silent = silent;
    this.lastHeard = lastHeard;
    this.events = events;
    this.meters = meters;
    this.settings = settings;
    this.clock = clock;
    this.time = time;
  }

  /**
   * What a run found and left.
   *
   * @param failures what went wrong; the rest was done nevertheless
   * @param again when to run again if nothing happens before
   */
  public record Result(ClusterOutcome outcome, List<Failure> failures, Optional<Instant> again) {}

  /** One run. Not for several threads. */
  public Result reconcile() {
    Run run = new Run(cluster.get(), clock.instant());
    Duties duties = new Duties();
    duties.attempt(Duty.CHORES, run::deleteForeignReports);
    duties.attempt(Duty.ALLOCATION, run::plan).ifPresent(run::failed);
    // Before what may take long: peers wait for a node's new address.
    duties.attempt(Duty.AMENDMENTS, run::amend);
    duties.attempt(Duty.ALLOCATION, run::allocate).ifPresent(run::failed);
    duties.attempt(Duty.RELEASES, run::release);
    duties.attempt(Duty.CHORES, run::performChores);
    duties.attempt(Duty.GUARDS, run::closeGuards);
    duties.attempt(Duty.SUMMARY, run::sumUp);
    return new Result(latest, duties.failures(), run.again);
  }

  /** One call of {@link #reconcile}: what it has found so far. */
  private final class Run {
    private final ClusterView view;
    private final Instant now;
    private final Instant at;
    private final Map<String, Instant> heard;
    private List<SubnetFacts> basis;
    private NodeChores chores = NodeChores.none();
    private AllocationPlan plan = AllocationPlan.nothing();
    private Optional<AllocationFault> fault = Optional.empty();
    private Optional<Instant> again = Optional.empty();

    Run(ClusterView view, Instant now) {
      this.view = view;
      this.now = now;
      this.at = time.now();
      marks = marks.look(view.subnets(), at);
      released = released.at(at);
      this.basis = dated(view.subnets());
      // Nobody's Lease but that of a node that is gone says anything of a block.
      this.heard =
          lastHeard.apply(
              basis.stream()
                  .filter(s -> s.goneSince().isPresent())
                  .map(s -> s.spec().nodeName())
                  .collect(Collectors.toSet()),
              now);
    }

    private AllocationInput input(List<SubnetFacts> subnets, Map<String, Long> cursors) {
      return Facts.input(
          view, subnets, cursors, allocator.lastHolders(), heard, released, settings, now);
    }

    private List<SubnetFacts> dated(List<SubnetFacts> subnets) {
      return marks.dated(subnets, longest(settings.releaseAfter(), ReleaseValve.PATIENCE), at, now);
    }

    List<String> deleteForeignReports() {
      chores = NodeChores.plan(view);
      return done(nodes.deleteForeign(chores));
    }

    // What is left for want of time is gone on with when everything else has had its turn.
    private List<String> done(Written written) {
      if (written.more()) {
        again = earlier(again, Optional.of(now));
      }
      return written.failures();
    }

    List<String> plan() {
      plan = AllocationPlanner.plan(input(basis, Map.of()));
      again = earlier(again, plan.nextDeadline());
      return List.of();
    }

    List<String> amend() {
      return done(subnets.amend(plan.amendments()));
    }

    List<String> allocate() {
      // Which may go is known where the ledger was read in this run.
      boolean releasable = plan.releases().stream().anyMatch(r -> untilDeletable(r).isZero());
      if (plan.claims().isEmpty() && !releasable) {
        return List.of();
      }
      Allocator.Outcome done =
          allocator.allocate(
              (latest, cursors) -> AllocationPlanner.plan(input(dated(latest), cursors)),
              view.subnets());
      report(done);
      plan = done.plan();
      basis = dated(done.basis());
      if (!done.refused().isEmpty()) {
        fault = Optional.of(AllocationFault.refused(done.refused()));
      } else if (!plan.claims().isEmpty()) {
        again = earlier(again, Optional.of(now)); // others made some of them, or the time was up
      }
      return done.refused().stream()
          .map(r -> "NodeSubnet " + r.name() + " refused: " + r.message())
          .toList();
    }

    void failed(RuntimeException thrown) {
      fault = Optional.of(AllocationFault.of(thrown, settings.namespace()));
    }

    List<String> release() {
      Map<Boolean, List<Release>> due =
          plan.releases().stream()
              .collect(
                  Collectors.partitioningBy(r -> allocator.mayDelete(r.subnet().spec().cidr())));
      due.get(false).stream()
          .map(r -> now.plus(untilDeletable(r)))
          .forEach(then -> again = earlier(again, Optional.of(then)));
      if (due.get(true).isEmpty()) {
        return List.of();
      }
      ReleaseWriter.Outcome outcome = releases.release(due.get(true), basis);
      released = released.and(outcome.released(), at);
      return done(outcome.written());
    }

    private Duration untilDeletable(Release release) {
      return allocator.untilDeletable(release.subnet().spec().cidr());
    }

    List<String> performChores() {
      return done(nodes.perform(chores));
    }

    List<String> closeGuards() {
      GuardExpiry.Outcome outcome = guards.close();
      again = earlier(again, outcome.rest().map(now::plus));
      return done(outcome.closed());
    }

    List<String> sumUp() {
      Set<String> waiting =
          plan.claims().stream().map(c -> c.spec().podNetwork()).collect(Collectors.toSet());
      if (!waiting.isEmpty()) {
        // What was not carried out must not be counted.
        plan = AllocationPlanner.standing(input(basis, Map.of()));
      }
      ClusterOutcome before = latest;
      latest = outcome(waiting);
      // The CRD that lacks what reports are to say may lack what this status is to say, too.
      latest
          .networks()
          .forEach(
              (name, network) ->
                  network
                      .earlierVersion()
                      .filter(words -> !before.isOfEarlierVersion(name))
                      .ifPresent(words -> LOG.warn("PodNetwork {}: {}", name, words)));
      meters.record(latest);
      tellConflicts();
      return List.of();
    }

    // Both nodes, each once; what is not told in this run is in the next.
    private void tellConflicts() {
      if (plan.networks().isEmpty()) {
        return; // nor is it known that they are over
      }
      Set<String> now = new HashSet<>(told);
      now.retainAll(plan.conflicts().stream().map(AddressConflict::key).toList());
      plan.conflicts().stream()
          .filter(c -> !now.contains(c.key()))
          .limit(CONFLICTS_AT_ONCE)
          .toList()
          .forEach(
              c -> {
                LOG.warn("node {}: {}", c.node().name(), c.toNode());
                events.about(
                    c.node(),
                    OperatorEvents.Type.Warning,
                    NODE_ADDRESS_TAKEN,
                    ALLOCATE,
                    c.toNode());
                events.about(
                    c.holder(),
                    OperatorEvents.Type.Warning,
                    NODE_ADDRESS_TAKEN,
                    ALLOCATE,
                    c.toHolder());
                now.add(c.key());
              });
      told = now;
    }

    private ClusterOutcome outcome(Set<String> waiting) {
      Map<String, NetworkReadiness> readiness =
          NetworkReadiness.of(basis, view.reports(), silent.apply(view), now);
      Map<String, Integer> blocks =
          basis.stream()
              .collect(Collectors.toMap(s -> s.spec().podNetwork(), s -> 1, Integer::sum));
      Map<String, List<Release>> suspended = byNetwork(plan.suspended());
      Map<String, List<Release>> pending = byNetwork(plan.pending());
      Map<String, ClusterOutcome.NetworkState> networks = new TreeMap<>();
      for (NetworkFacts network : view.networks()) {
        String name = network.name();
        Optional.ofNullable(plan.networks().get(name))
            // Without a plan, what the last one said, if it was of this spec.
            .or(() -> lastOf(network))
            .ifPresent(
                found ->
                    networks.put(
                        name,
                        new ClusterOutcome.NetworkState(
                            network.uid(),
                            network.generation(),
                            found,
                            // Nodes of others wait for something else.
                            fault.filter(f -> plan.networks().isEmpty() || waiting.contains(name)),
                            readiness.getOrDefault(name, NetworkReadiness.none()),
                            // Who deletes a network is to know of what may be its own, too.
                            blocks.getOrDefault(name, 0) + blocks.getOrDefault("", 0),
                            suspended.getOrDefault(name, List.of()),
                            ClusterOutcome.Pending.of(
                                pending.getOrDefault(name, List.of()),
                                marks::mark,
                                settings.releaseAfter()))));
      }
      return new ClusterOutcome(networks, view.nodes());
    }

    private Optional<NetworkOutcome> lastOf(NetworkFacts network) {
      return latest
          .network(network.name(), network.uid(), network.generation())
          .map(ClusterOutcome.NetworkState::outcome);
    }
  }

  private static Map<String, List<Release>> byNetwork(List<Release> releases) {
    return releases.stream().collect(Collectors.groupingBy(r -> r.subnet().spec().podNetwork()));
  }

  private void report(Allocator.Outcome done) {
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
  }

  private static Duration longest(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
    return a.isPresent() && b.isPresent() ? a.filter(b.get()::isAfter).or(() -> b) : a.or(() -> b);
  }
}
