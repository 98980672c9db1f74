package dev.tweed.operator.policy;

import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.UnknownValue;
import java.util.List;

/**
 * A FirewallPolicy.
 *
 * @param unknownValues values of its spec that this version does not know, absent from it
 */
public record PolicyFacts(
    String name,
    String uid,
    long generation,
    FirewallPolicySpec spec,
    List<UnknownValue> unknownValues) {}
