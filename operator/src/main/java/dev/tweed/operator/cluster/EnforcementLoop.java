package dev.tweed.operator.cluster;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NetworkPolicyReportStatus;
import dev.tweed.operator.cluster.CompiledFacts.NodePolicyFacts;
import dev.tweed.operator.cluster.CompiledFacts.ReportFacts;
import dev.tweed.operator.networkpolicy.Enforcement;
import dev.tweed.operator.networkpolicy.EnforcementPacer;
import dev.tweed.operator.networkpolicy.NodeEnforcement;
import dev.tweed.operator.networkpolicy.PolicyOutlook;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of each policy how far it is in force, by what the nodes with a pod that it selects have
 * read back. In a thread of its own: enforcement never waits for its report.
 */
final class EnforcementLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EnforcementLoop.class);

  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** Policies times nodes that are looked at in a second. */
  private static final long PAIRS_A_SECOND = 500_000;

  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final Duration RESYNC = Duration.ofMinutes(5);

  /** How long nodes may say nothing before people are told. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private final NetworkPolicyWatches watches;
  private final EnforcementWriter writer;
  private final BooleanSupplier told;
  private final BoundedCalls calls;
  private final OperatorEvents events;
  private final OperatorMeters meters;
  private final Clock clock;
  private final SteadyTime time;
  private final RunRequests requests;
  private final ConcurrentMap<String, PolicyOutlook> outlooks = new ConcurrentHashMap<>();
  private final Thread thread = Thread.ofPlatform().name("tweed-enforcement").unstarted(this::loop);

  // Of the thread only.
  private final Map<String, EnforcementPacer> pacers = new HashMap<>(); // by UID
  // Of ClusterNetworkPolicies by UID, as they were written.
  private final Map<String, Optional<NetworkPolicyReportStatus>> ofCluster = new HashMap<>();
  private Optional<Instant> silentSince = Optional.empty();
  private boolean saidSilent;

  private volatile Optional<Instant> runningSince = Optional.empty();

  /**
   * @param told whether all outlooks have been told, so that a report without one is of nothing
   */
  EnforcementLoop(
      NetworkPolicyWatches watches,
      EnforcementWriter writer,
      BooleanSupplier told,
      BoundedCalls calls,
      OperatorEvents events,
      OperatorMeters meters,
      Clock clock,
      SteadyTime time) {
    this.watches = watches;
    this.writer = writer;
    this.told = told;
    this.calls = calls;
    this.events = events;
    this.meters = meters;
    this.clock = clock;
    this.time = time;
    this.requests = new RunRequests(time);
  }

  /** Begins; the first run comes at once. */
  void start() {
    thread.start();
  }

  /** Asks for a run; returns at once. */
  void request() {
    requests.request();
  }

  /** Where a policy has to be in force, by its program; empty where it is gone. Returns at once. */
  void outlook(String program, Optional<PolicyOutlook> outlook) {
    outlook.ifPresentOrElse(o -> outlooks.put(program, o), () -> outlooks.remove(program));
    requests.request();
  }

  /** As {@link ClusterLoop#runningSince}. */
  Optional<Instant> runningSince() {
    return runningSince;
  }

  private void loop() {
    Instant earliest = time.now();
    Instant due = earliest;
    while (requests.await(earliest, due)) {
      Instant start = time.now();
      runningSince = Optional.of(start);
      try {
        due = run(start);
      } catch (RuntimeException | Error e) {
        LOG.warn("it was not told how far policies are in force: {}", Duties.message(e));
        LOG.debug("run failed", e);
        meters.failing(Duty.ENFORCEMENT, true);
        due = start.plus(RETRY);
      }
      runningSince = Optional.empty();
      earliest = time.now().plus(pause());
    }
  }

  private Duration pause() {
    long pairs = outlooks.values().stream().mapToLong(o -> o.pods().size()).sum();
    Duration pause = Duration.ofMillis(pairs * 1000 / PAIRS_A_SECOND);
    return pause.compareTo(PAUSE) < 0
        ? PAUSE
        : pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }

  private record Write(
      PolicyOutlook policy,
      Optional<NetworkPolicyReportStatus> before,
      NetworkPolicyReportStatus status,
      boolean exists) {}

  /** When it is due again. */
  private Instant run(Instant now) {
    if (!told.getAsBoolean()) {
      return now.plus(RETRY);
    }
    Instant due = now.plus(RESYNC);
    List<Write> writes = new ArrayList<>();
    Set<String> uids = new HashSet<>();
    Set<String> reports = new HashSet<>();
    int enforced = 0;
    List<PolicyOutlook> policies = List.copyOf(outlooks.values());
    for (PolicyOutlook policy : policies) {
      uids.add(policy.uid());
      Enforcement found = Enforcement.of(policy, this::enforcement);
      enforced += found.holds() ? 1 : 0;
      Optional<ReportFacts> report = report(policy);
      reports.add(key(policy));
      Optional<NetworkPolicyReportStatus> before = before(policy, report);
      NetworkPolicyReportStatus status =
          found.status(before.flatMap(EnforcementLoop::condition), clock.instant());
      EnforcementPacer pacer = pacers.getOrDefault(policy.uid(), EnforcementPacer.START);
      if (before.filter(status::equals).isPresent()) {
        pacers.put(policy.uid(), pacer.agrees());
        continue;
      }
      pacer = pacer.differs(now);
      pacers.put(policy.uid(), pacer);
      Instant earliest = pacer.earliest(before, status, found.isOnItsWay());
      if (earliest.isAfter(now)) {
        due = earliest.isBefore(due) ? earliest : due;
      } else {
        writes.add(new Write(policy, before, status, report.isPresent()));
      }
    }
    pacers.keySet().retainAll(uids);
    ofCluster.keySet().retainAll(uids);
    meters.networkPolicyStates(enforced, policies.size() - enforced);
    Optional<Instant> failed = write(writes, now);
    Optional<Instant> failedDeletion = deleteReports(reports, now);
    meters.failing(Duty.ENFORCEMENT, failed.isPresent() || failedDeletion.isPresent());
    Optional<Instant> silence = lookForSilence(policies, now);
    for (Optional<Instant> at : List.of(failed, failedDeletion, silence)) {
      if (at.isPresent() && at.get().isBefore(due)) {
        due = at.get();
      }
    }
    return due;
  }

  private Optional<NodeEnforcement> enforcement(String node) {
    return watches.nodes().facts(node).flatMap(NodePolicyFacts::enforcement);
  }

  private static String key(PolicyOutlook policy) {
    return policy.namespace().orElse("") + "/" + policy.name();
  }

  /** The report of this very policy. */
  private Optional<ReportFacts> report(PolicyOutlook policy) {
    return policy.namespace().isEmpty()
        ? Optional.empty()
        : watches.reports().facts(key(policy)).filter(r -> r.owner().equals(policy.uid()));
  }

  private Optional<NetworkPolicyReportStatus> before(
      PolicyOutlook policy, Optional<ReportFacts> report) {
    if (policy.namespace().isPresent()) {
      return report.flatMap(ReportFacts::status);
    }
    Optional<NetworkPolicyReportStatus> known = ofCluster.get(policy.uid());
    if (known == null) {
      // What an operator before this one has said: since when.
      known =
          watches
              .served()
              .flatMap(version -> writer.condition(policy.name(), version))
              .map(
                  c ->
                      new NetworkPolicyReportStatus(
                          c.observedGeneration(), List.of(c), null, null, null, null, null));
      ofCluster.put(policy.uid(), known);
    }
    return known;
  }

  private static Optional<Condition> condition(NetworkPolicyReportStatus status) {
    return status.conditions().stream()
        .filter(c -> c.type().equals(Enforcement.ENFORCED))
        .findFirst();
  }

  private Optional<Instant> write(List<Write> writes, Instant now) {
    List<Optional<Write>> done =
        calls.all(
            writes,
            calls.budget(),
            w -> {
              write(w);
              return Optional.of(w);
            },
            (w, e) -> {
              if (ApiFailure.of(e) != ApiFailure.GONE) {
                LOG.warn(
                    "how far policy {} is in force was not written, tried again: {}",
                    key(w.policy()),
                    Duties.message(e));
              }
              return Optional.empty();
            });
    for (Write w : done.stream().flatMap(Optional::stream).toList()) {
      pacers.put(w.policy().uid(), pacers.get(w.policy().uid()).wrote(now));
      if (w.policy().namespace().isEmpty()) {
        ofCluster.put(w.policy().uid(), Optional.of(w.status()));
      }
      tell(w);
    }
    boolean all = done.size() == writes.size() && done.stream().allMatch(Optional::isPresent);
    return all ? Optional.empty() : Optional.of(now.plus(RETRY));
  }

  private void write(Write write) {
    if (write.policy().namespace().isPresent()) {
      String key = key(write.policy());
      if (!write.exists() && watches.reports().facts(key).isPresent()) {
        writer.deleteReport(key); // of an earlier policy of the name
      }
      writer.report(write.policy(), write.status(), write.exists());
    } else {
      writer.condition(
          write.policy().name(),
          watches.served().orElseThrow(),
          write.status().conditions().getFirst());
    }
  }

  /** That it is in force, and that something is wrong; not each step on the way. */
  private void tell(Write write) {
    Condition now = write.status().conditions().getFirst();
    Optional<Condition> before = write.before().flatMap(EnforcementLoop::condition);
    boolean holds = now.status().equals("True");
    boolean same = before.filter(b -> b.status().equals(now.status())).isPresent();
    if (holds
        ? same || now.reason().equals("NoPodSelected")
        : Enforcement.passes(now.reason())
            || same && before.orElseThrow().reason().equals(now.reason())) {
      return;
    }
    events.about(
        write.policy(),
        NetworkPolicyWatches.POLICY_GROUP + "/" + watches.served().orElse(""),
        holds ? OperatorEvents.Type.Normal : OperatorEvents.Type.Warning,
        holds ? Enforcement.ENFORCED : now.reason(),
        "Enforce",
        now.message());
  }

  // Those of a policy that is gone, should nobody collect garbage, and all if they are not wanted.
  private Optional<Instant> deleteReports(Set<String> wanted, Instant now) {
    List<String> gone = watches.reports().keys().stream().filter(r -> !wanted.contains(r)).toList();
    List<Boolean> done =
        calls.all(
            gone,
            calls.budget(),
            r -> {
              writer.deleteReport(r);
              return true;
            },
            (r, e) -> false);
    return done.size() == gone.size() && !done.contains(false)
        ? Optional.empty()
        : Optional.of(now.plus(RETRY));
  }

  private Optional<Instant> lookForSilence(List<PolicyOutlook> policies, Instant now) {
    boolean silent =
        !policies.isEmpty()
            && watches.nodes().keys().stream().noneMatch(n -> enforcement(n).isPresent());
    if (!silent) {
      silentSince = Optional.empty();
      saidSilent = false;
      return Optional.empty();
    }
    silentSince = silentSince.or(() -> Optional.of(now));
    Instant at = silentSince.get().plus(SILENCE);
    if (saidSilent) {
      return Optional.empty();
    }
    if (now.isBefore(at)) {
      return Optional.of(at);
    }
    events.networkPoliciesNotEnforced(policies.size());
    saidSilent = true;
    return Optional.empty();
  }

  /** Ends after the run that is on. */
  @Override
  public void close() {
    requests.close();
    try {
      if (!thread.join(Duration.ofSeconds(15))) {
        LOG.warn("the last look at how far policies are in force did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
