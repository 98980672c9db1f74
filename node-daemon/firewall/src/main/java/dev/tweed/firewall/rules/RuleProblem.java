package dev.tweed.firewall.rules;

/**
 * Why a rule cannot be had, or has no effect.
 *
 * @param reason what sort of problem
 * @param origin whose rule it is
 * @param rule its name
 * @param field the field to look at, as in the resource
 * @param message what is wrong
 * @param remedy what to do
 */
public record RuleProblem(
    PolicyReason reason, Origin origin, String rule, String field, String message, String remedy) {}
