package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;

/**
 * Packets that a rule of a policy has decided about, or would, since it is in the kernel.
 *
 * @param policy its name; of very long ones the beginning
 * @param rule name of the rule
 * @param action what was done with them, or would be
 * @param tried whether the rule is only tried
 * @param packets how many
 */
public record RuleCount(String policy, String rule, Action action, boolean tried, long packets) {}
