package dev.tweed.operator.app;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.OperatorEvents;
import dev.tweed.operator.policy.PolicyOutcome;
import dev.tweed.operator.policy.PolicyOutcome.PolicyState;
import dev.tweed.operator.status.FirewallPolicyStatusMapper;
import dev.tweed.operator.status.StatusPacer;
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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Writes the status of FirewallPolicies. What to say is found by a loop over all of them; this one
 * asks it for a run where it has not seen a spec yet. Every daemon watches policies, so a status is
 * written once a second at most, and more rarely as {@link StatusPacer} has it; so are Events.
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
  private final SimpleInboundEventSource<FirewallPolicy> outcomes =
      new SimpleInboundEventSource<>("outcomes");
  private final Map<String, StatusPacer> pacers = new ConcurrentHashMap<>();

  public FirewallPolicyReconciler(OperatorCore core, Clock clock) {
    this.core = core;
    this.clock = clock;
    core.listenToPolicies(this::changed);
  }

  private void changed(PolicyOutcome outcome) {
    pacers.keySet().retainAll(outcome.policies().keySet());
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
      return UpdateControl.noUpdate();
    }
    FirewallPolicyStatus shown = before == null ? status : before;
    StatusPacer pacer = pacers.getOrDefault(name, StatusPacer.START);
    Instant now = core.time().now();
    Duration wait = pacer.wait(shown, status, now);
    if (wait.isPositive()) {
      return UpdateControl.<FirewallPolicy>noUpdate().rescheduleAfter(wait);
    }
    pacers.put(name, pacer.wrote(shown, status, now));
    for (Transition t : Transition.ofPolicy(conditions, status.conditions())) {
      core.events()
          .about(
              policy,
              t.warning() ? OperatorEvents.Type.Warning : OperatorEvents.Type.Normal,
              t.reason(),
              t.action(),
              t.note());
    }
    // Server-side apply owns what it sends, so only the status goes.
    FirewallPolicy patch = new FirewallPolicy();
    patch.getMetadata().setName(name);
    patch.setStatus(status);
    return UpdateControl.patchStatus(patch);
  }
}
