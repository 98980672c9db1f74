package dev.tweed.agent.command;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.PolicyRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** FirewallPolicies of a file beside those of the API server. Pure. */
final class FirewallPlanInput {

  private FirewallPlanInput() {}

  /** A view as if somebody had applied the policies. */
  static ClusterView with(ClusterView view, List<PolicyRecord> given) {
    Map<String, PolicyRecord> policies = new LinkedHashMap<>();
    view.policies().forEach(policy -> policies.put(policy.name(), policy));
    for (PolicyRecord policy : given) {
      policies.merge(policy.name(), as(policy, "", 1), FirewallPlanInput::instead);
    }
    return view.withPolicies(List.copyOf(policies.values()));
  }

  /** Names of the given policies that do not select the node. */
  static List<String> elsewhere(ClusterView view, List<PolicyRecord> given) {
    List<String> names = new ArrayList<>();
    for (PolicyRecord policy : given) {
      if (view.node().isEmpty() || !policy.selects(view.node().get().labels())) {
        names.add(policy.name());
      }
    }
    return names;
  }

  private static PolicyRecord instead(PolicyRecord there, PolicyRecord given) {
    return there.spec().equals(given.spec()) && there.unreadable().equals(given.unreadable())
        ? there
        : as(given, there.uid(), there.generation() + 1);
  }

  private static PolicyRecord as(PolicyRecord policy, String uid, long generation) {
    return new PolicyRecord(policy.name(), uid, generation, policy.spec(), policy.unreadable());
  }
}
