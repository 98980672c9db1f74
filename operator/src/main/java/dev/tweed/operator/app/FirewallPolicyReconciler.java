package dev.tweed.operator.app;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.StatusWriter;
import dev.tweed.operator.policy.PolicyOutcome;
import dev.tweed.operator.policy.PolicyOutcome.PolicyState;
import dev.tweed.operator.status.FirewallPolicyStatusMapper;
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
 * Writes the status of FirewallPolicies. What to say is found by a loop over all of them; this one
 * asks it for a run where it has not seen a spec yet. Every daemon watches policies, so a status is
 * written once a second at most, and more rarely as {@link StatusWriter} has it; so are Events.
 */
@ControllerConfiguration(
    name = "firewallpolicy",
    fieldManager = "tweed-operator",
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = -1,
    initialInterval = 1_000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
@RateLimited(maxReconciliations = 1, within = 1)
public class FirewallPolicyReconciler implements Reconciler<FirewallPolicy> {
  private final OperatorCore core;
  private final Clock clock;
  private final StatusWriter statuses;
  private final SimpleInboundEventSource<FirewallPolicy> outcomes =
      new SimpleInboundEventSource<>("outcomes");

  public FirewallPolicyReconciler(OperatorCore core, Clock clock) {
    this.core = core;
    this.clock = clock;
    this.statuses = core.statusWriter();
    core.listenToPolicies(this::changed);
  }

  private void changed(PolicyOutcome outcome) {
    statuses.retain(
        outcome.policies().values().stream().map(PolicyState::uid).collect(Collectors.toSet()));
    outcome.policies().keySet().forEach(p -> outcomes.propagateEvent(new ResourceID(p)));
  }

  @Override
  public List<EventSource<?, FirewallPolicy>> prepareEventSources(
      EventSourceContext<FirewallPolicy> context) {
    return List.of(outcomes);
  }

  @Override
  public UpdateControl<FirewallPolicy> reconcile(
      FirewallPolicy policy, Context<FirewallPolicy> context) {
    String name = policy.getMetadata().getName();
    Optional<PolicyState> state =
        core.policies()
            .latest()
            .policy(name, policy.getMetadata().getUid(), policy.getMetadata().getGeneration());
    if (state.isEmpty()) {
      // The loop has not seen this spec yet; it tells us when it has.
      core.policies().request();
      return UpdateControl.noUpdate();
    }
    FirewallPolicyStatus before = policy.getStatus();
    List<Condition> conditions = before == null ? List.of() : before.conditions();
    FirewallPolicyStatus status =
        FirewallPolicyStatusMapper.status(state.get(), conditions, clock.instant());
    if (status.equals(before)) {
      statuses.agrees(policy);
      return UpdateControl.noUpdate();
    }
    FirewallPolicy patch = new FirewallPolicy();
    patch.setStatus(status);
    return StatusControl.of(
        statuses.write(
            policy,
            Told.of(before),
            Told.of(status),
            patch,
            Transition.ofPolicy(conditions, status.conditions())),
        policy,
        context);
  }
}
