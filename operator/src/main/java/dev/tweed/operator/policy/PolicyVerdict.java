package dev.tweed.operator.policy;

/**
 * What a node says of one policy.
 *
 * @param uid of the policy that this is about: another may come under its name
 * @param generation of its spec
 * @param applied whether its rules are in force
 * @param reason why not, or what is worth knowing; empty: nothing
 * @param message the same in words; empty: nothing, or not kept
 */
public record PolicyVerdict(
    String policy, String uid, long generation, boolean applied, String reason, String message) {}
