package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A policy that selects this node, with all names resolved.
 *
 * @param uid of the object
 * @param generation of its spec
 * @param allowLockout what it may cut
 * @param group its rules; empty if a problem refuses it
 */
public record MappedPolicy(
    String name,
    String uid,
    long generation,
    Set<ProtectedService> allowLockout,
    Optional<RuleGroup> group,
    List<PolicyProblem> problems) {
  public MappedPolicy {
    allowLockout = Set.copyOf(allowLockout);
    problems = List.copyOf(problems);
  }
}
