package dev.tweed.operator.app;

import dev.tweed.crds.Condition;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkStatus;
import dev.tweed.operator.cluster.ClusterOutcome;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.StatusWriter;
import dev.tweed.operator.status.PodNetworkStatusMapper;
import dev.tweed.operator.status.StatusPacer.Told;
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
import java.util.stream.Collectors;

/**
 * Writes the status of PodNetworks. What to allocate is decided by the loop over all of them,
 * because networks, nodes and blocks constrain each other; this one asks the loop for a run and
 * reports what it found. Every daemon watches PodNetworks, so a status is written once a second at
 * most, and more rarely as {@link StatusWriter} has it.
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
  private final StatusWriter statuses;
  private final SimpleInboundEventSource<PodNetwork> outcomes =
      new SimpleInboundEventSource<>("outcomes");

  public PodNetworkReconciler(OperatorCore core, Clock clock) {
    this.core = core;
    this.clock = clock;
    this.statuses = core.statusWriter();
    core.listen(this::changed);
    core.listenToReach(network -> outcomes.propagateEvent(new ResourceID(network)));
  }

  private void changed(ClusterOutcome outcome) {
    statuses.retain(
        outcome.networks().values().stream()
            .map(ClusterOutcome.NetworkState::uid)
            .collect(Collectors.toSet()));
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
      statuses.agrees(network);
      return UpdateControl.noUpdate();
    }
    PodNetwork patch = new PodNetwork();
    patch.setStatus(status);
    return StatusControl.of(
        statuses.write(
            network,
            Told.of(network.getStatus()),
            Told.of(status),
            patch,
            Transition.between(before, status.conditions())),
        network,
        context);
  }
}
