package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallFiles.Remembered;
import dev.tweed.agent.firewall.RowPlacer.Placement;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.BackendOutcome.Applied;
import dev.tweed.firewall.backend.BackendOutcome.Refused;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.GoodPolicy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One run for the host's firewall: what the cluster asks, brought into force and told. Runs in a
 * thread of its own; the data path never waits for it.
 */
public final class FirewallSync implements BooleanSupplier {

  /** A look runs some programs. */
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  /** An audit that finds rules as they were when last looked at does not look again. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** What was wanted in force, and where. */
  private record PlacedRows(Set<BackendKind> backends, List<FilterRow> rows) {}

  private final Supplier<ClusterView> view;
  private final FirewallHost host;
  private final FirewallPlanFactory plans;
  private final FirewallFiles files;
  private final Runnable repaired;
  private final Consumer<FirewallStatus> tell;
  private final Consumer<Duration> again;
  private final LongSupplier nanoTime;
  private final AtomicBoolean changed = new AtomicBoolean();
  private volatile Optional<NetworkState> network = Optional.empty();

  // Of the thread only.
  private final RowPlacer placer;
  private final GuardReconciler guard;
  private Remembered remembered;
  private Optional<PlacedRows> placed = Optional.empty();
  private Optional<NodeFinding> unwritten = Optional.empty();
  private boolean remembering;
  private Optional<DesiredFirewall> lastDesired = Optional.empty();
  private Optional<HostFirewall> known = Optional.empty();
  private OptionalInt generation = OptionalInt.empty();
  private BackendChoice choice;
  private boolean settled;
  private long lookedAt;

  /**
   * @param view what is known of the cluster
   * @param repaired called when something of ours had to be mended
   * @param tell receives the state after each run that looked
   * @param again asks for a run within some time
   */
  public FirewallSync(
      Supplier<ClusterView> view,
      FirewallHost host,
      FirewallPlanFactory plans,
      FirewallFiles files,
      Runnable repaired,
      Consumer<FirewallStatus> tell,
      Consumer<Duration> again,
      LongSupplier nanoTime) {
    this.view = view;
    this.host = host;
    this.plans = plans;
    this.files = files;
    this.repaired = repaired;
    this.tell = tell;
    this.again = again;
    this.nanoTime = nanoTime;
    this.remembered = files.remembered();
    this.guard = new GuardReconciler(host);
    this.placer = new RowPlacer(host, remembered.places());
    this.choice = BackendChoice.found(remembered.places());
  }

  /**
   * Takes what the data path knows; from any thread.
   *
   * @return whether that is news, and a run is wanted
   */
  public boolean network(NetworkState state) {
    // Peers come by the second, and no rule has to change for them.
    boolean news =
        !network.map(NetworkState::withoutPeers).equals(Optional.of(state.withoutPeers()));
    network = Optional.of(state);
    return news;
  }

  /** Something in the host's firewall has changed, maybe by us: the next run looks. */
  public void firewallChanged() {
    changed.set(true);
  }

  /** Runs once; true if nothing has to be tried again before something changes. */
  @Override
  public boolean getAsBoolean() {
    ClusterView seen = view.get();
    Optional<NetworkState> member = network;
    if (!seen.settled() && !keepsOnly(seen) || member.isEmpty()) {
      return true; // there is a request when they are known; until then all stays as it was
    }
    NetworkState state = member.get();
    DesiredFirewall desired = DesiredFirewall.of(seen, state.withoutPeers());
    boolean asked = !lastDesired.equals(Optional.of(desired));
    long now = nanoTime.getAsLong();
    // Read in this order: what changes during the run causes another.
    boolean suspect = changed.getAndSet(false);
    boolean recent = settled && !suspect && now - lookedAt < INTERVAL.toNanos();
    if (!asked && recent) {
      if (guard.isKept() || keepGuard(state) instanceof BackendOutcome.Applied) {
        settled = unwritten.isEmpty();
        return settled;
      }
    }
    OptionalInt before = generation;
    generation = host.generation();
    if (!asked
        && settled
        && !suspect
        && now - lookedAt < LONGEST.toNanos()
        && guard.isKept()
        && generation.isPresent()
        && generation.equals(before)) {
      return true;
    }
    // What is asked for comes into force before the firewall is looked at, if that was just done.
    Optional<HostFirewall> fresh =
        known.filter(
            k -> recent && isNetworkOf(lastDesired, desired) && choice.leaving().isEmpty());
    settled = false;
    HostFirewall found = fresh.orElseGet(host::read);
    BackendChoice chosen =
        fresh.isPresent() ? choice : plans.choose(found, desired, choice, nanoTime.getAsLong());
    FirewallPlan plan = plans.make(desired.with(state), remembered, found, chosen);
    boolean done = bring(plan, desired, asked, state, fresh.isPresent());
    lookedAt = now;
    // Where it is not known what belongs where, nothing leaves, and a retry is due anyway.
    Optional<Duration> leave =
        chosen.isKnown() ? choice.nextLeave(nanoTime.getAsLong()) : Optional.empty();
    leave.ifPresent(again);
    settled = done && leave.isEmpty();
    return done;
  }

  /**
   * Whether what an earlier process of this boot had in force is kept so, and nothing else is done:
   * the API server is away, and nobody remembers a policy that is to be opened. After a reboot
   * there is nothing to keep, and rules that a firewall has saved by itself stay as they are.
   */
  private boolean keepsOnly(ClusterView seen) {
    return seen.fromMemory().isPresent() && !remembered.hasNoRules();
  }

  private boolean bring(
      FirewallPlan plan,
      DesiredFirewall desired,
      boolean asked,
      NetworkState state,
      boolean lookAfter) {
    if (plan.choice().isKnown()) {
      choice = plan.choice();
    }
    Map<String, GoodPolicy> before = remembered.policies();
    Placement placement = placer.place(plan);
    boolean mended = false;
    boolean look = lookAfter;
    unwritten = Optional.empty();
    switch (placement.outcome().orElse(null)) {
      case Applied applied -> {
        // Rows change unasked, too: a policy that was refused may pass by now.
        mended = applied.changed() && !asked && isAsLast(plan);
        look |= applied.changed() || !applied.live();
        guard.rules(plan.planned());
        remembered = new Remembered(plan.builtIn(), plan.planned().good(), placer.places());
        remembering = true;
        lastDesired = Optional.of(desired);
      }
      case Refused refused -> guardLastGood(plan);
      case null -> {
        guardLastGood(plan);
        lastDesired = Optional.of(desired);
      }
    }
    boolean kept = guard.isKept();
    BackendOutcome guarded = keepGuard(state);
    if (mended || guarded.equals(BackendOutcome.applied(true)) && kept && !asked) {
      repaired.run();
    }
    placed = Optional.of(new PlacedRows(plan.choice().kinds(), plan.rows()));
    HostFirewall found = look ? host.read() : plan.found();
    known = Optional.of(found.withoutRules());
    FirewallStatus status =
        FirewallStatusMapper.map(plan, found, state, placement, guarded, before, strandedPlaces());
    tell.accept(
        new FirewallStatus(
            status.firewall(),
            status.policies(),
            Stream.concat(status.findings().stream(), unwritten.stream()).toList()));
    return placement.isDone()
        && unwritten.isEmpty()
        && guarded instanceof BackendOutcome.Applied
        && plan.choice().isKnown()
        && (!look || isChosenAgain(found, desired));
  }

  /** Whether what was found after the rows were placed asks for no other place. */
  private boolean isChosenAgain(HostFirewall found, DesiredFirewall desired) {
    return plans
        .choose(found, desired, choice, nanoTime.getAsLong())
        .kinds()
        .equals(choice.kinds());
  }

  /**
   * What was in force stays so. After a start the guard has no rows until some are placed, so it
   * gets those of the daemon before.
   */
  private void guardLastGood(FirewallPlan plan) {
    if (!guard.hasRules()) {
      guard.rules(
          plans
              .make(DesiredFirewall.nothingNew(), remembered, plan.found(), plan.choice())
              .planned());
    }
  }

  private BackendOutcome keepGuard(NetworkState state) {
    BackendOutcome outcome = guard.keep(state);
    if (remembering) {
      written(files.write(remembered));
    }
    return outcome;
  }

  private boolean isAsLast(FirewallPlan plan) {
    return placed.equals(Optional.of(new PlacedRows(plan.choice().kinds(), plan.rows())));
  }

  /** Whether both need the same of a firewall. */
  private static boolean isNetworkOf(Optional<DesiredFirewall> last, DesiredFirewall desired) {
    return last.map(DesiredFirewall::network).equals(Optional.of(desired.network()));
  }

  /** Where rows of ours may be that the daemon has no access to any more. */
  private Set<BackendKind> strandedPlaces() {
    Set<BackendKind> stranded = EnumSet.noneOf(BackendKind.class);
    for (BackendKind kind : remembered.places()) {
      if (host.backend(kind).isEmpty()) {
        stranded.add(kind);
      }
    }
    return stranded;
  }

  /** What could not be written is tried again, and told until it could. */
  private void written(Optional<NodeFinding> failure) {
    unwritten = unwritten.or(() -> failure);
  }
}
