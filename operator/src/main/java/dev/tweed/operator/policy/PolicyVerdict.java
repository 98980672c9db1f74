package dev.tweed.operator.policy;

/**
 * What a node says of one policy.
 *
 * @param generation of the policy's spec that this is about
 * @param applied whether its rules are in force
 * @param reason why not, or what is worth knowing; empty: nothing
 * @param message the same in words; empty: nothing, or not kept
 */
public record PolicyVerdict(
    String policy, long generation, boolean applied, String reason, String message) {}
