package dev.tweed.firewall.rules;

import java.util.Optional;

/**
 * What becomes of a policy on this node.
 *
 * @param uid of the object
 * @param generation of its spec
 * @param accepted whether the rules of that generation are among the rows
 * @param remark what refuses it, or what else is worth knowing
 */
public record PolicyVerdict(
    String name, String uid, long generation, boolean accepted, Optional<PolicyProblem> remark) {}
