package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.SpoofTableCompiler;
import dev.tweed.policy.NodeState;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a node enforces, as it was read back.
 *
 * @param node the NodePolicy it is by
 * @param state what was compiled
 * @param compiled what is in the kernel
 * @param drops packets dropped, by the name of the chain
 * @param waiting pods that run and are closed, since nothing is known of them yet
 * @param bypass why packets do not pass the table
 */
public record EnforcedPolicies(
    Optional<NodePolicyRecord> node,
    NodeState state,
    CompiledPolicies compiled,
    Map<String, Long> drops,
    int waiting,
    Optional<String> bypass) {
  public EnforcedPolicies {
    drops = Map.copyOf(drops);
  }

  /** Packets dropped, by cause. */
  public Map<CompiledPolicies.Cause, Long> dropsByCause() {
    Map<CompiledPolicies.Cause, Long> sums = new EnumMap<>(CompiledPolicies.Cause.class);
    compiled
        .drops()
        .forEach(
            (chain, drop) -> sums.merge(drop.cause(), drops.getOrDefault(chain, 0L), Long::sum));
    Optional.ofNullable(drops.get(SpoofTableCompiler.DROP))
        .ifPresent(packets -> sums.put(CompiledPolicies.Cause.SPOOFED, packets));
    return sums;
  }
}
