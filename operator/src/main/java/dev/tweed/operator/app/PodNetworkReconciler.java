package dev.tweed.operator.app;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.operator.cluster.ClusterOutcome;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.OperatorEvents;
import dev.tweed.operator.status.PodNetworkStatusMapper;
import dev.tweed.operator.status.Transition;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.rate.RateLimited;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Writes the status of PodNetworks. What to allocate is decided by the loop over all of them,
 * because networks, nodes and blocks constrain each other; this one asks the loop for a run and
 * reports what it found. Every daemon watches PodNetworks, so a status is written once a second at
 * most.
 */
@ControllerConfiguration(
    name = "podnetwork",
    fieldManager = "tweed-operator",
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = -1,
    initialInterval = 1_000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
@RateLimited(maxReconciliations = 1, within = 1)
public class PodNetworkReconciler implements Reconciler<PodNetwork> {
  private final OperatorCore core;
  private final Clock clock;
  private final SimpleInboundEventSource<PodNetwork> outcomes =
      new SimpleInboundEventSource<>("outcomes");

  public PodNetworkReconciler(OperatorCore core, Clock clock) {
    this.core = core;
    this.clock = clock;
    core.listen(this::changed);
    core.listenToReach(network -> outcomes.propagateEvent(new ResourceID(network)));
  }

  private void changed(ClusterOutcome outcome) {
    outcome.networks().keySet().forEach(n -> outcomes.propagateEvent(new ResourceID(n)));
  }

  @Override
  public List<EventSource<?, PodNetwork>> prepareEventSources(
      EventSourceContext<PodNetwork> context) {
    return List.of(outcomes);
  }

  @Override
  public UpdateControl<PodNetwork> reconcile(PodNetwork network, Context<PodNetwork> context) {
    Optional<ClusterOutcome.NetworkState> state =
        core.loop()
            .latest()
            .network(
                network.getMetadata().getName(),
                network.getMetadata().getUid(),
                network.getMetadata().getGeneration());
    if (state.isEmpty()) {
      // The loop has not seen this spec yet; it tells us when it has.
      core.request();
      return UpdateControl.noUpdate();
    }
    List<Condition> before =
        network.getStatus() == null ? List.of() : network.getStatus().conditions();
    PodNetworkStatus status =
        PodNetworkStatusMapper.status(
            state.get(), core.reach(network.getMetadata().getName()), before, clock.instant());
    if (status.equals(network.getStatus())) {
      return UpdateControl.noUpdate();
    }
    for (Transition t : Transition.between(before, status.conditions())) {
      core.events()
          .about(
              network,
              t.warning() ? OperatorEvents.Type.Warning : OperatorEvents.Type.Normal,
              t.reason(),
              t.action(),
              t.note());
    }
    // Server-side apply owns what it sends, so only the status goes.
    PodNetwork patch = new PodNetwork();
    patch.getMetadata().setName(network.getMetadata().getName());
    patch.setStatus(status);
    return UpdateControl.patchStatus(patch);
  }
}
