package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceReader;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.Program;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * This node's NodePolicy, and what it refers to. Pure. A program or a set that was known and is
 * gone while it is referred to counts as it last was.
 *
 * @param exist whether there is any policy in the cluster
 * @param programNames of all programs that the NodePolicy refers to
 * @param programs those of them that are known
 * @param setNames of all sets that these refer to
 * @param sets those of them that are known
 * @param waiting namespaces whose new pods wait; empty where that is not known
 */
record NodePolicies(
    Optional<NodePolicyRecord> node,
    boolean exist,
    Set<String> programNames,
    Map<String, Program> programs,
    Set<String> setNames,
    Map<String, PeerSet> sets,
    Optional<PeerSliceReader.WaitingNamespaces> waiting) {

  /** Before anything is known. */
  static final NodePolicies NONE =
      new NodePolicies(
          Optional.empty(), false, Set.of(), Map.of(), Set.of(), Map.of(), Optional.empty());

  NodePolicies {
    programs = Map.copyOf(programs);
    sets = Map.copyOf(sets);
  }

  /** What is known when this was known before. */
  NodePolicies next(PolicyView view) {
    PeerSliceReader.Sets slices = PeerSliceReader.readSpecs(view.slices());
    Set<String> programNames = view.node().map(NodePolicyRecord::programNames).orElse(Set.of());
    Map<String, Program> nextPrograms = nextPrograms(programNames, view);
    Set<String> setNames = PolicyView.setNames(nextPrograms.values());
    return new NodePolicies(
        view.node(),
        view.node().isPresent()
            || view.slices().keySet().stream()
                .anyMatch(s -> s.set().equals(PeerSliceName.NAMESPACES)),
        programNames,
        nextPrograms,
        setNames,
        nextSets(setNames, slices),
        slices.waiting());
  }

  private Map<String, Program> nextPrograms(Set<String> names, PolicyView view) {
    Map<String, Program> known = new HashMap<>();
    for (String name : names) {
      // One that is there and cannot be read is not known, whatever it was before.
      view.programs()
          .getOrDefault(name, Optional.ofNullable(programs.get(name)))
          .ifPresent(p -> known.put(name, p));
    }
    return known;
  }

  private Map<String, PeerSet> nextSets(Set<String> names, PeerSliceReader.Sets slices) {
    Map<String, PeerSet> known = new HashMap<>();
    for (String name : names) {
      PeerSet before = sets.get(name);
      PeerSet set =
          slices.missing().contains(name) ? null : slices.known().getOrDefault(name, before);
      if (set != null) {
        // The same object, so that nothing is made of it again.
        known.put(name, set.equals(before) ? before : set);
      }
    }
    return known;
  }
}
