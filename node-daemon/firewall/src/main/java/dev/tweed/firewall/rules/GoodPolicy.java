package dev.tweed.firewall.rules;

/**
 * Rules of a policy that were in force, for the day a later generation of it is refused.
 *
 * @param generation of the spec they come from
 * @param allowLockout as that spec said
 */
public record GoodPolicy(long generation, boolean allowLockout, RuleGroup group) {}
