package dev.tweed.operator.app;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.operator.cluster.ClusterOutcome;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.status.FirewallPolicyStatusMapper;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Writes the status of FirewallPolicies; every daemon watches those too. */
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
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  public FirewallPolicyReconciler(OperatorCore core, Clock clock) {
    this.core = core;
    this.clock = clock;
    core.listen(this::changed);
  }

  private void changed(ClusterOutcome outcome) {
    known.forEach(p -> outcomes.propagateEvent(new ResourceID(p)));
  }

  @Override
  public List<EventSource<?, FirewallPolicy>> prepareEventSources(
      EventSourceContext<FirewallPolicy> context) {
    return List.of(outcomes);
  }

  @Override
  public UpdateControl<FirewallPolicy> reconcile(
      FirewallPolicy policy, Context<FirewallPolicy> context) {
    known.add(policy.getMetadata().getName());
    List<Condition> before =
        policy.getStatus() == null ? List.of() : policy.getStatus().conditions();
    FirewallPolicyStatus status =
        FirewallPolicyStatusMapper.status(
            policy.getSpec(),
            policy.getMetadata().getGeneration(),
            core.loop().latest().nodes(),
            before,
            clock.instant());
    if (status.equals(policy.getStatus())) {
      return UpdateControl.noUpdate();
    }
    FirewallPolicy patch = new FirewallPolicy();
    patch.getMetadata().setName(policy.getMetadata().getName());
    patch.setStatus(status);
    return UpdateControl.patchStatus(patch);
  }
}
