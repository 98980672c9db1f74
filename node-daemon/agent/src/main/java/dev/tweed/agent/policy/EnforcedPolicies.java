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
 * @param failure why the kernel does not take what there should be
 */
public record EnforcedPolicies(
    Optional<NodePolicyRecord> node,
    NodeState state,
    CompiledPolicies compiled,
    Map<String, Long> drops,
    int waiting,
    Optional<String> bypass,
    Optional<String> failure) {
  public EnforcedPolicies {
    drops = Map.copyOf(drops);
  }

  /** The same where the kernel does not take more, for this reason. */
  EnforcedPolicies failing(String why) {
    return new EnforcedPolicies(node, state, compiled, drops, waiting, bypass, Optional.of(why));
  }

  /** The same where the kernel has none of it. */
  EnforcedPolicies nowhere() {
    return new EnforcedPolicies(
        node,
        state,
        new CompiledPolicies(compiled.table(), compiled.drops(), Map.of(), compiled.missing()),
        Map.of(),
        waiting,
        bypass,
        failure);
  }

  /** Packets dropped, by cause. */
  public Map<CompiledPolicies.Cause, Long> dropsByCause() {
    return dropsByCause(compiled, drops);
  }

  /**
   * Packets dropped, by cause.
   *
   * @param drops by the name of the chain
   */
  public static Map<CompiledPolicies.Cause, Long> dropsByCause(
      CompiledPolicies compiled, Map<String, Long> drops) {
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
