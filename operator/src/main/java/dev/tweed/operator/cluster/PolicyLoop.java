package dev.tweed.operator.cluster;

import dev.tweed.operator.policy.PolicyInput;
import dev.tweed.operator.policy.PolicyOutcome;
import dev.tweed.operator.policy.RepairWatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all FirewallPolicies and what nodes report of them whenever somebody asks, at most once
 * a second, and every ten where there are very many: on 5,000 nodes reports come in without a pause
 * while a policy is rolled out.
 */
public final class PolicyLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyLoop.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  // Nodes times policies that are looked at in a second; daemons report every 10 s at most.
  private static final long PAIRS_A_SECOND = 100_000;
  private static final long LONGEST_PAUSE = 10;
  private static final Duration RESYNC = Duration.ofMinutes(5);

  private final Supplier<PolicyInput> input;
  private final Consumer<PolicyOutcome> listener;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final SteadyTime time;
  private final RepairWatch repairs = new RepairWatch();
  private final RunRequests requests;
  private final Thread thread = Thread.ofPlatform().name("tweed-policies").unstarted(this::loop);
  // Of the thread only.
  private boolean told;
  private Duration pause = PAUSE;

  private volatile PolicyOutcome latest = PolicyOutcome.none();
  private volatile Optional<Instant> runningSince = Optional.empty();
  private volatile Optional<Instant> failingSince = Optional.empty();

  /**
   * @param input reads what is known now
   * @param listener told an outcome that differs from the one before, from the loop's thread
   */
  PolicyLoop(
      Supplier<PolicyInput> input,
      Consumer<PolicyOutcome> listener,
      OperatorEvents events,
      OperatorMeters meters,
      SteadyTime time) {
    this.input = input;
    this.listener = listener;
    this.events = events;
    this.meters = meters;
    this.time = time;
    this.requests = new RunRequests(time);
  }

  /** Begins; the first run comes at once. */
  void start() {
    thread.start();
  }

  /** Asks for a run; returns at once. */
  public void request() {
    requests.request();
  }

  /** What the last run found. */
  public PolicyOutcome latest() {
    return latest;
  }

  /** As {@link ClusterLoop#runningSince}. */
  Optional<Instant> runningSince() {
    return runningSince;
  }

  /** As {@link ClusterLoop#failingSince}. */
  Optional<Instant> failingSince() {
    return failingSince;
  }

  private void loop() {
    Instant earliest = time.now();
    Instant due = earliest;
    while (requests.await(earliest, due)) {
      Instant start = time.now();
      Optional<Instant> again = run(start);
      earliest = start.plus(pause);
      due = again.orElse(start.plus(RESYNC));
    }
  }

  private Optional<Instant> run(Instant now) {
    runningSince = runningSince.or(() -> Optional.of(now));
    try {
      Optional<Instant> again = look(now);
      runningSince = Optional.empty();
      failingSince = Optional.empty();
      meters.failing(Duty.POLICIES, false);
      return again;
    } catch (RuntimeException | Error e) {
      LOG.warn("FirewallPolicies were not looked at, tried again: {}", Duties.message(e));
      LOG.debug("run failed", e);
      if (!(e instanceof Error)) {
        runningSince = Optional.empty();
      }
      failingSince = failingSince.or(() -> Optional.of(now));
      meters.failing(Duty.POLICIES, true);
      return Optional.of(now.plus(PAUSE));
    }
  }

  private Optional<Instant> look(Instant now) {
    PolicyInput facts = input.get();
    PolicyOutcome found = PolicyOutcome.of(facts);
    if (!told || !found.equals(latest)) {
      latest = found;
      listener.accept(found);
      told = true;
    }
    pause = pause((long) facts.policies().size() * facts.nodes().size());
    repairs.look(facts.nodes(), now).forEach(events::repaired);
    return repairs.again();
  }

  private static Duration pause(long pairs) {
    return Duration.ofSeconds(Math.clamp(pairs / PAIRS_A_SECOND, 1, LONGEST_PAUSE));
  }

  /** Ends after the run that is on. */
  @Override
  public void close() {
    requests.close();
    try {
      if (!thread.join(Duration.ofSeconds(10))) {
        LOG.warn("the last look at FirewallPolicies did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
