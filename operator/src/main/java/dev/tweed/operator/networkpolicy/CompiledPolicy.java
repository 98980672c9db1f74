package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.source.PeerKey;
import java.util.Map;
import java.util.Set;

/**
 * A policy for nodes.
 *
 * @param program what they enforce
 * @param sets whose addresses each set holds that the program needs, by name
 * @param egressNames ports that egress rules name: the program depends on what pods call so
 */
record CompiledPolicy(
    Program program, Map<String, PeerKey> sets, Set<PortMatch.Named> egressNames) {
  CompiledPolicy {
    sets = Map.copyOf(sets);
    egressNames = Set.copyOf(egressNames);
  }
}
