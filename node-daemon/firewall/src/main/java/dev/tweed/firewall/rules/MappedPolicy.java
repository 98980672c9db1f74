package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Optional;

/**
 * A policy that selects this node, with all names resolved.
 *
 * @param uid of the object
 * @param generation of its spec
 * @param allowLockout whether it may cut what keeps the node in reach
 * @param group its rules; empty if a problem refuses it
 */
public record MappedPolicy(
    String name,
    String uid,
    long generation,
    boolean allowLockout,
    Optional<RuleGroup> group,
    List<PolicyProblem> problems) {
  public MappedPolicy {
    problems = List.copyOf(problems);
  }
}
