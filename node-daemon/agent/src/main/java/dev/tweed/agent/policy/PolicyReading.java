package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.crds.PeerSliceReader;
import dev.tweed.enforce.gate.GatePlanner;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.Program;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a node is to enforce, from what is read now; for commands. Pure. Unlike the daemon it knows
 * nothing of what was before: what is missing is closed at once.
 *
 * @param state what policies say of this node
 * @param waiting pods that are closed, since nothing is known of them yet
 */
public record PolicyReading(NodeState state, List<LocalPod> waiting) {

  /**
   * Puts it together.
   *
   * @param local pods that run here
   * @param free UIDs of pods that the daemon has let in without the operator's word
   * @param byApi UIDs of pods whose address is the one that the API tells
   */
  public static PolicyReading of(
      ClusterView cluster,
      PolicyView policies,
      List<LocalPod> local,
      Set<String> free,
      Set<String> byApi,
      String nodeName) {
    NodeSpace space = NodeSpace.of(cluster, nodeName).with(local);
    PeerSliceReader.Sets sets = PeerSliceReader.readSpecs(policies.slices());
    Map<String, Program> programs = new HashMap<>();
    policies.programs().forEach((name, p) -> p.ifPresent(known -> programs.put(name, known)));
    Optional<NodePolicyRecord> node = policies.node();
    GatePlanner.Admission admission =
        GatePlanner.plan(
            local,
            new GatePlanner.Word(
                node.map(NodePolicyRecord::pods).orElse(List.of()),
                node.map(NodePolicyRecord::unreadablePods).orElse(Set.of()),
                sets.waiting().map(w -> new GatePlanner.Waiting(w.all(), w.hashes()))),
            free,
            byApi);
    return new PolicyReading(
        new NodeState(
            space.blocks(),
            space.own(),
            space.space(),
            admission.entries(),
            programs,
            sets.known()),
        admission.waiting());
  }
}
