package dev.tweed.firewall.rules;

import java.util.Set;

/**
 * Rules of a policy that were in force, for the day a later generation of it is refused.
 *
 * @param generation of the spec they come from
 * @param allowLockout what that spec let them cut
 */
public record GoodPolicy(long generation, Set<ProtectedService> allowLockout, RuleGroup group) {
  public GoodPolicy {
    allowLockout = Set.copyOf(allowLockout);
  }
}
