package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.operator.allocation.NodeFacts;
import java.time.Instant;
import java.util.List;

/** Status of a FirewallPolicy: accepted, and honest about not being in force yet. */
public final class FirewallPolicyStatusMapper {
  private FirewallPolicyStatusMapper() {}

  /**
   * @param previous conditions the object has now, for their transition times
   */
  public static FirewallPolicyStatus status(
      FirewallPolicySpec spec,
      long generation,
      List<NodeFacts> nodes,
      List<Condition> previous,
      Instant now) {
    int selected =
        (int) nodes.stream().filter(n -> spec.nodeSelector().matches(n.labels())).count();
    List<Finding> findings =
        List.of(
            Finding.yes("Accepted", "Accepted", "the policy is well formed"),
            Finding.no(
                "Applied",
                "NotEnforcedYet",
                "this version of Tweed does not enforce FirewallPolicies: no rule of it is on any"
                    + " node. Keep your present firewall rules"));
    return new FirewallPolicyStatus(
        generation,
        Finding.conditions(findings, previous, generation, now),
        selected,
        0,
        List.of());
  }
}
