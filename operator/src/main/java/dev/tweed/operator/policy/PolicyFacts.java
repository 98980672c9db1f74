package dev.tweed.operator.policy;

import dev.tweed.crds.FirewallPolicySpec;

/** A FirewallPolicy. */
public record PolicyFacts(String name, String uid, long generation, FirewallPolicySpec spec) {}
