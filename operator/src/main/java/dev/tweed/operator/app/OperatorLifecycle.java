package dev.tweed.operator.app;

import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.OperatorSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Start, lead, stop. */
@Singleton
public class OperatorLifecycle {
  /** Where the process is in its life. */
  public enum State {
    STANDBY,
    STARTING,
    LEADING,
    STOPPING
  }

  /** A state and when it was entered, in {@link dev.tweed.operator.cluster.SteadyTime}. */
  public record Phase(State state, Instant since) {}

  private static final Logger LOG = LoggerFactory.getLogger(OperatorLifecycle.class);

  private final KubernetesClient client;
  private final OperatorSettings settings;
  private final OperatorConfig config;
  private final OperatorCore core;
  private final Operator operator;
  private final AtomicReference<Phase> phase;
  private volatile Optional<Leadership> leadership = Optional.empty();

  OperatorLifecycle(
      KubernetesClient client,
      OperatorSettings settings,
      OperatorConfig config,
      OperatorCore core,
      Operator operator) {
    this.client = client;
    this.settings = settings;
    this.config = config;
    this.core = core;
    this.operator = operator;
    this.phase = new AtomicReference<>(now(State.STANDBY));
  }

  /** Where we are. */
  public Phase phase() {
    return phase.get();
  }

  /** When the Lease was last asked for, if there is an election; as {@link Phase#since}. */
  public Optional<Instant> electionTriedAt() {
    return leadership.map(Leadership::triedAt);
  }

  private Phase now(State state) {
    return new Phase(state, core.time().now());
  }

  private boolean move(State from, State to) {
    Phase before = phase.get();
    return before.state() == from && phase.compareAndSet(before, now(to));
  }

  void onStart(@Observes StartupEvent event) {
    LOG.info(
        "operator {} in namespace {}, API server {}, blocks are released {} s after their node",
        settings.instance(),
        settings.namespace(),
        client.getMasterUrl(),
        settings.releaseAfter().toSeconds());
    if (config.leaderElection().enabled()) {
      leadership =
          Optional.of(
              new Leadership(
                  client,
                  settings,
                  config.leaderElection(),
                  this::begin,
                  this::leadershipLost,
                  core.time()));
    } else {
      LOG.info("leader election is off");
      begin();
    }
  }

  // A platform thread: starting loads classes, which holds on to a virtual thread's carrier, and on
  // one processor there is one carrier, which the renewals of the Lease need too.
  private void begin() {
    Thread.ofPlatform().name("tweed-start").start(this::lead);
  }

  private void lead() {
    if (!move(State.STANDBY, State.STARTING)) {
      return;
    }
    try {
      core.start();
      operator.start();
      move(State.STARTING, State.LEADING);
      LOG.info("leading");
    } catch (RuntimeException | Error e) {
      LOG.error(
          "cannot start: {}. Are Tweed's CRDs installed, and does the ServiceAccount have the"
              + " chart's ClusterRole?",
          e.getMessage(),
          e);
      Quarkus.asyncExit(1);
    }
  }

  private void leadershipLost() {
    LOG.error(
        "lost the Lease {}; ending, so that a fresh process can stand for it", Leadership.LEASE);
    Quarkus.asyncExit(1);
  }

  // Before the SDK's own observer stops the client's informers and closes the client.
  void onStop(@Observes @Priority(1) ShutdownEvent event) {
    State before = phase.getAndSet(now(State.STOPPING)).state();
    if (before == State.LEADING || before == State.STARTING) {
      operator.stop();
      core.close();
    }
    leadership.ifPresent(Leadership::close);
    LOG.info("stopped");
  }
}
