package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.policy.ReportDigest;
import dev.tweed.operator.silence.Look;
import dev.tweed.operator.silence.Silence;
import dev.tweed.operator.silence.SilencePlan;
import dev.tweed.operator.silence.SilencePlanner;
import dev.tweed.operator.silence.SilenceRenderer;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the daemons' Leases every few seconds, in a thread of its own, and has NodeReports say
 * of which daemons nothing is heard any more. What it knows is of this process: the next leader
 * starts anew.
 */
final class SilenceWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SilenceWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final Function<Instant, Look> leases;
  private final Supplier<ClusterView> cluster;
  private final SilenceFactsReader facts;
  private final SilentReportWriter reports;
  private final BoundedCalls calls;
  private final OperatorEvents events;
  private final Runnable onChange;
  private final Consumer<Boolean> onLook;
  private final SteadyTime time;
  private final RunRequests pauses;
  private final Thread thread = Thread.ofPlatform().name("tweed-silence").unstarted(this::loop);
  private volatile Silence silence = Silence.unknown();
  private volatile Optional<Instant> lookingSince = Optional.empty();
  private volatile Optional<Instant> failingSince = Optional.empty();
  private volatile Optional<Instant> refusedSince = Optional.empty();
  // Of the thread only.
  private final Set<String> told = new HashSet<>();
  private SortedSet<String> before = new TreeSet<>();
  private String lastTried = "";

  /**
   * @param leases looks at them; fails with a KubernetesClientException
   * @param onChange called when other nodes are silent than before; must return at once
   * @param onLook told after each look whether it failed; must return at once
   */
  SilenceWatch(
      Function<Instant, Look> leases,
      Supplier<ClusterView> cluster,
      SilenceFactsReader facts,
      SilentReportWriter reports,
      BoundedCalls calls,
      OperatorEvents events,
      Runnable onChange,
      Consumer<Boolean> onLook,
      SteadyTime time) {
    this.leases = leases;
    this.cluster = cluster;
    this.facts = facts;
    this.reports = reports;
    this.calls = calls;
    this.events = events;
    this.onChange = onChange;
    this.onLook = onLook;
    this.time = time;
    this.pauses = new RunRequests(time);
  }

  void start() {
    thread.start();
  }

  /** Since when, in {@link SteadyTime}, a look has been on; for ever if the thread died of it. */
  Optional<Instant> lookingSince() {
    return lookingSince;
  }

  /** Since when, in {@link SteadyTime}, no look went well, if the last did not. */
  Optional<Instant> failingSince() {
    return failingSince;
  }

  /** Nodes whose daemons are silent. */
  Set<String> silent(ClusterView view) {
    return plan(view, "").silent();
  }

  /**
   * When daemons that have a Lease were last heard, by name of their node. While looks are refused,
   * for want of a right or of the namespace, nothing is heard of anybody: else the blocks of many
   * nodes that are gone would be kept for ever. While the API server does not answer, and before it
   * was asked, all may live.
   *
   * @param nodes those that are asked about
   * @param now time of day
   */
  Map<String, Instant> lastHeard(Set<String> nodes, Instant now) {
    Silence known = silence;
    Duration refused =
        refusedSince.map(since -> Duration.between(since, time.now())).orElse(Duration.ZERO);
    Map<String, Instant> heard = new HashMap<>();
    for (String node : nodes) {
      (known.last().isEmpty() ? Optional.of(Duration.ZERO) : known.quiet(node))
          .ifPresent(quiet -> heard.put(node, now.minus(quiet).minus(refused)));
    }
    return heard;
  }

  private SilencePlan plan(ClusterView view, String last) {
    Set<String> nodes = new HashSet<>();
    Set<String> saying = new HashSet<>();
    for (NodeFacts node : view.nodes()) {
      String name = node.name();
      nodes.add(name);
      ReportDigest report = view.reports().get(name);
      if (report != null && report.isSilent() && report.owner().equals(node.uid())) {
        saying.add(name);
      }
    }
    return SilencePlanner.plan(silence, nodes, saying, last);
  }

  private void loop() {
    Instant next = time.now();
    while (pauses.await(next, next)) {
      lookingSince = Optional.of(time.now());
      try {
        look();
      } catch (RuntimeException e) {
        LOG.warn("the look at the daemons' Leases went wrong, will be repeated", e);
      }
      lookingSince = Optional.empty();
      next = time.now().plus(INTERVAL);
    }
  }

  /** Looks once. Not for several threads. */
  void look() {
    try {
      silence = silence.seen(leases.apply(time.now()), time.now());
      failingSince = Optional.empty();
      refusedSince = Optional.empty();
      onLook.accept(false);
    } catch (KubernetesClientException e) {
      silence = silence.failed();
      if (failingSince.isEmpty()) {
        LOG.warn("the daemons' Leases cannot be listed, tried again: {}", ApiFailure.message(e));
      }
      failingSince = failingSince.or(() -> Optional.of(time.now()));
      refusedSince =
          ApiFailure.of(e) == ApiFailure.UNKNOWN
              ? Optional.empty()
              : refusedSince.or(() -> Optional.of(time.now()));
      onLook.accept(true);
      return;
    }
    ClusterView view = cluster.get();
    SilencePlan plan = plan(view, lastTried);
    Map<String, NodeFacts> nodes = new HashMap<>();
    view.nodes().forEach(n -> nodes.put(n.name(), n));
    if (!plan.silent().equals(before)) {
      LOG.info("daemons that are silent: {}", plan.silent().size());
      before = plan.silent();
      onChange.run();
    }
    told.retainAll(nodes.keySet());
    for (String back : told.stream().filter(n -> !plan.silent().contains(n)).sorted().toList()) {
      told.remove(back);
      events.about(
          nodes.get(back),
          OperatorEvents.Type.Normal,
          "DaemonHeard",
          "Watch",
          "Tweed's daemon of this node is heard again");
    }
    List<Boolean> wrote =
        calls.all(
            plan.untold(), calls.budget(), node -> tell(nodes.get(node)), SilenceWatch::failed);
    if (!wrote.isEmpty()) {
      lastTried = plan.untold().get(wrote.size() - 1);
    }
    for (int i = 0; i < wrote.size(); i++) {
      if (wrote.get(i)) {
        told.add(plan.untold().get(i));
      }
    }
  }

  /** Whether the report says so by this. */
  private boolean tell(NodeFacts node) {
    String name = node.name();
    String message = SilenceRenderer.message(name, facts.read(name));
    if (!reports.tell(name, message)) {
      return false;
    }
    if (!told.contains(name)) { // or a daemon that only its Lease is refused to has written
      LOG.warn("node {}: {}", name, message);
      events.about(node, OperatorEvents.Type.Warning, ReportDigest.DAEMON_SILENT, "Watch", message);
    }
    return true;
  }

  private static boolean failed(String node, RuntimeException e) {
    LOG.warn("NodeReport {} does not say yet that it is silent: {}", node, Duties.message(e));
    return false;
  }

  /** Ends after the look that is on. */
  @Override
  public void close() {
    pauses.close();
    try {
      if (!thread.join(Duration.ofSeconds(10))) {
        LOG.warn("the last look at the daemons' Leases did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
