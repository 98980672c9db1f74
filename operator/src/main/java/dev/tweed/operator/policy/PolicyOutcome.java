package dev.tweed.operator.policy;

import dev.tweed.crds.FirewallPolicySpec.Mode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What was found of all FirewallPolicies.
 *
 * @param policies by name
 */
public record PolicyOutcome(Map<String, PolicyState> policies) {
  public PolicyOutcome {
    policies = Map.copyOf(policies);
  }

  /** How far a policy is, in one word. */
  public enum Progress {
    /** In force on every node it selects. */
    APPLIED,
    /** Some nodes have not reported yet. */
    PENDING,
    /** A node could not. */
    FAILING,
    /** No node can. */
    REFUSED
  }

  /**
   * One policy.
   *
   * @param uid of the object that was looked at
   * @param generation of its spec
   * @param mode what is asked of nodes
   */
  public record PolicyState(
      String uid, long generation, Mode mode, PolicyValidation validation, PolicyTally tally) {

    /** The worst that can be said of it. */
    public Progress progress() {
      if (validation instanceof PolicyValidation.Refused) {
        return Progress.REFUSED;
      }
      if (tally.failing() > 0) {
        return Progress.FAILING;
      }
      return tally.pending() > 0 ? Progress.PENDING : Progress.APPLIED;
    }
  }

  /** Before anything was looked at. */
  public static PolicyOutcome none() {
    return new PolicyOutcome(Map.of());
  }

  /** Looks at all of them. */
  public static PolicyOutcome of(PolicyInput input) {
    PolicyValidator validator = new PolicyValidator(input);
    Map<String, PolicyState> policies = new LinkedHashMap<>();
    for (PolicyFacts policy : input.policies()) {
      policies.put(
          policy.name(),
          new PolicyState(
              policy.uid(),
              policy.generation(),
              policy.spec().mode(),
              validator.validate(policy),
              PolicyTally.of(policy, input.nodes())));
    }
    return new PolicyOutcome(policies);
  }

  /** The state of a policy, if it was that very object and at least that spec. */
  public Optional<PolicyState> policy(String name, String uid, long generation) {
    return Optional.ofNullable(policies.get(name))
        .filter(s -> s.uid().equals(uid) && s.generation() >= generation);
  }
}
