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

  private static final Logger LOG = LoggerFactory.getLogger(OperatorLifecycle.class);

  private final KubernetesClient client;
  private final OperatorSettings settings;
  private final OperatorConfig config;
  private final OperatorCore core;
  private final Operator operator;
  private final AtomicReference<State> state = new AtomicReference<>(State.STANDBY);
  private Optional<Leadership> leadership = Optional.empty();

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
  }

  /** Where we are. */
  public State state() {
    return state.get();
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
                  client, settings, config.leaderElection(), this::lead, this::leadershipLost));
    } else {
      LOG.info("leader election is off");
      Thread.ofPlatform().name("tweed-start").start(this::lead);
    }
  }

  private void lead() {
    if (!state.compareAndSet(State.STANDBY, State.STARTING)) {
      return;
    }
    try {
      core.start();
      operator.start();
      state.compareAndSet(State.STARTING, State.LEADING);
      LOG.info("leading");
    } catch (RuntimeException e) {
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
    State before = state.getAndSet(State.STOPPING);
    if (before == State.LEADING || before == State.STARTING) {
      operator.stop();
      core.close();
    }
    leadership.ifPresent(Leadership::close);
    LOG.info("stopped");
  }
}
