package dev.tweed.operator.cluster;

import dev.tweed.operator.cluster.Duty.Failure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the reconciler whenever somebody asks, one run at a time. Requests that come while a run is
 * on are one request; without any it runs on a slow timer. Failures back off.
 */
public final class ClusterLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterLoop.class);
  private static final Duration RESYNC = Duration.ofMinutes(5);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_BACKOFF = Duration.ofSeconds(30);

  private final Supplier<ClusterReconciler.Result> reconciler;
  private final Consumer<ClusterOutcome> listener;
  private final OperatorMeters meters;
  private final Clock clock;
  private final SteadyTime time;
  private final RunRequests requests;
  private final Thread thread = Thread.ofPlatform().name("tweed-loop").unstarted(this::loop);
  private Duration backoff = Duration.ZERO;
  private volatile ClusterOutcome latest = ClusterOutcome.none();
  private volatile Optional<Instant> lastSuccess = Optional.empty();
  private volatile Optional<Instant> runningSince = Optional.empty();
  private volatile Optional<Instant> failingSince = Optional.empty();

  /**
   * @param listener told the outcome after each run, from the loop's thread
   */
  public ClusterLoop(
      Supplier<ClusterReconciler.Result> reconciler,
      Consumer<ClusterOutcome> listener,
      OperatorMeters meters,
      Clock clock,
      SteadyTime time) {
    this.reconciler = reconciler;
    this.listener = listener;
    this.meters = meters;
    this.clock = clock;
    this.time = time;
    this.requests = new RunRequests(time);
  }

  /** Begins; the first run comes at once. */
  public void start() {
    thread.start();
  }

  /** Asks for a run; returns at once. */
  public void request() {
    requests.request();
  }

  /** What the last run found. */
  public ClusterOutcome latest() {
    return latest;
  }

  /** When a run last went well. */
  public Optional<Instant> lastSuccess() {
    return lastSuccess;
  }

  /** Since when, in {@link SteadyTime}, something went wrong in each run, if it did in the last. */
  public Optional<Instant> failingSince() {
    return failingSince;
  }

  /**
   * Since when, in {@link SteadyTime}, a run has been on, if one is; or, as long as runs end in
   * nothing but errors of the virtual machine, since when those have.
   */
  public Optional<Instant> runningSince() {
    return runningSince;
  }

  private void loop() {
    Duration rest = Duration.ZERO;
    while (await(rest)) {
      rest = run();
    }
  }

  // How long to rest if nobody asks.
  private Duration run() {
    Instant start = time.now();
    runningSince = runningSince.or(() -> Optional.of(start));
    List<Failure> failures;
    Optional<Instant> again = Optional.empty();
    boolean error = false;
    try {
      ClusterReconciler.Result result = reconciler.get();
      latest = result.outcome();
      again = result.again();
      failures = result.failures();
      listener.accept(latest);
    } catch (RuntimeException | Error e) {
      error = e instanceof Error;
      failures = List.of(new Failure(Duty.RUN, Duties.message(e)));
      LOG.debug("run failed", e);
    }
    if (!error) {
      runningSince = Optional.empty();
    }
    Set<Duty> failed =
        failures.stream()
            .map(Failure::duty)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Duty.class)));
    meters.ran(Duration.between(start, time.now()), failed);
    if (!failures.isEmpty()) {
      if (!requests.isClosed()) {
        LOG.warn(
            "{} things went wrong, tried again; first: {}", failures.size(), failures.getFirst());
      }
      failingSince = failingSince.or(() -> Optional.of(start));
      backoff = next(backoff);
      return backoff;
    }
    failingSince = Optional.empty();
    backoff = Duration.ZERO;
    Instant end = clock.instant();
    lastSuccess = Optional.of(end);
    // A deadline is a time of day, and that may be set while we rest.
    return again
        .map(at -> Duration.between(end, at))
        .filter(rest -> rest.compareTo(RESYNC) < 0)
        .orElse(RESYNC);
  }

  private static Duration next(Duration backoff) {
    Duration doubled = backoff.isZero() ? FIRST_BACKOFF : backoff.multipliedBy(2);
    return doubled.compareTo(LAST_BACKOFF) > 0 ? LAST_BACKOFF : doubled;
  }

  // After a failure a request waits a second at least: our own writes may be what asks.
  private boolean await(Duration rest) {
    Instant now = time.now();
    Duration pause = backoff.compareTo(PAUSE) > 0 ? PAUSE : backoff;
    return requests.await(now.plus(pause), now.plus(rest));
  }

  /** Ends after the run that is on, so that no claim is left half done. */
  @Override
  public void close() {
    requests.close();
    try {
      if (!thread.join(Duration.ofSeconds(15))) {
        LOG.warn("the last run did not end; another operator will carry out what it began");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
