package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.StatusRefusedException;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.loop.SyncLoop;
import dev.tweed.crds.NodePolicyStatus;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the status of this node's NodePolicy in a thread of its own: at once where something else
 * than counters changes, though not more often than every second; counters alone every minute.
 */
public final class PolicyStatusPublisher implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyStatusPublisher.class);

  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration COUNTERS = Duration.ofMinutes(1);
  private static final Duration STUCK = Duration.ofMinutes(2);

  private final Function<NodePolicyStatus, Boolean> api;
  private final InstantSource clock;
  private final BiConsumer<AgentReason, Optional<NodeFinding>> tell;
  private final SyncLoop loop;
  private volatile Optional<EnforcedPolicies> latest = Optional.empty();
  private Optional<NodePolicyStatus> written = Optional.empty();
  private String writtenTo = "";
  private long writtenAt;

  /**
   * @param api applies a status; false if there is no NodePolicy
   * @param tell told that the API server does not take it, and that it does again
   */
  public PolicyStatusPublisher(
      Function<NodePolicyStatus, Boolean> api,
      InstantSource clock,
      BiConsumer<AgentReason, Optional<NodeFinding>> tell) {
    this.api = api;
    this.clock = clock;
    this.tell = tell;
    this.loop =
        new SyncLoop(
            "policy-status",
            this::write,
            COUNTERS,
            PAUSE,
            STUCK,
            System::nanoTime,
            () -> ThreadLocalRandom.current().nextDouble());
  }

  /** Starts the thread. */
  public void start() {
    loop.start();
  }

  /** Takes what is in force; returns at once. */
  public void publish(Optional<EnforcedPolicies> now) {
    latest = now;
    loop.request();
  }

  @Override
  public void close() {
    loop.close();
  }

  private boolean write() {
    Optional<EnforcedPolicies> now = latest.filter(e -> e.node().isPresent());
    if (now.isEmpty()) {
      written = Optional.empty();
      return true;
    }
    String uid = now.get().node().orElseThrow().uid();
    if (!uid.equals(writtenTo)) {
      written = Optional.empty();
      writtenTo = uid;
    }
    NodePolicyStatus status = NodePolicyStatusMapper.map(now.get(), written, clock.instant());
    long time = System.nanoTime();
    boolean news =
        written.map(w -> !withoutCounters(w).equals(withoutCounters(status))).orElse(true);
    Duration pause = news ? PAUSE : COUNTERS;
    if (written.equals(Optional.of(status))) {
      return true;
    }
    if (written.isPresent() && time - writtenAt < pause.toNanos()) {
      loop.requestWithin(Duration.ofNanos(pause.toNanos() - (time - writtenAt)));
      return true;
    }
    writtenAt = time;
    try {
      if (api.apply(status)) {
        written = Optional.of(status);
      }
      tell.accept(AgentReason.PolicyStatusNotWritten, Optional.empty());
      return true;
    } catch (StatusRefusedException e) {
      tell.accept(
          AgentReason.PolicyStatusNotWritten,
          Optional.of(
              NodeFinding.of(
                  AgentReason.PolicyStatusNotWritten,
                  e.object(),
                  "the API server does not take the status, so policies that are in force here are"
                      + " not told to be: "
                      + e.getMessage(),
                  "install the chart's RBAC and admission policies of this version")));
      return false;
    } catch (UncheckedIOException e) {
      LOG.debug("the status of the NodePolicy is not written: {}", e.getMessage());
      return false;
    }
  }

  private static NodePolicyStatus withoutCounters(NodePolicyStatus s) {
    return new NodePolicyStatus(
        s.observedGeneration(),
        s.conditions(),
        s.pods(),
        s.waiting(),
        null,
        s.programs().stream()
            .map(p -> new NodePolicyStatus.ProgramState(p.name(), p.generation(), p.pods(), null))
            .toList(),
        s.missing());
  }
}
