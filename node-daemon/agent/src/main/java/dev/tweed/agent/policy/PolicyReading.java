package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.cluster.PolicyView;
import dev.tweed.enforce.gate.GatePlanner;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.policy.NodeState;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a node is to enforce. Pure.
 *
 * @param state what policies say of this node
 * @param free UIDs of pods that are let in without the operator's word
 * @param waiting pods that are closed, since nothing is known of them yet
 */
public record PolicyReading(NodeState state, Set<String> free, List<LocalPod> waiting) {

  /**
   * From what is read now, for commands. Unlike the daemon they know nothing of what was before:
   * what is missing is closed at once.
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
    return of(
        NodeSpace.of(cluster, nodeName), NodePolicies.NONE.next(policies), local, free, byApi);
  }

  /** The same from what is known. */
  static PolicyReading of(
      NodeSpace nodeSpace,
      NodePolicies policies,
      List<LocalPod> local,
      Set<String> free,
      Set<String> byApi) {
    NodeSpace space = nodeSpace.with(local);
    Optional<NodePolicyRecord> node = policies.node();
    GatePlanner.Admission admission =
        GatePlanner.plan(
            local,
            new GatePlanner.Word(
                node.map(NodePolicyRecord::pods).orElse(List.of()),
                node.map(NodePolicyRecord::unreadablePods).orElse(Set.of()),
                policies
                    .waiting()
                    .filter(w -> node.flatMap(NodePolicyRecord::unreadable).isEmpty())
                    .map(w -> new GatePlanner.Waiting(w.all(), w.hashes()))),
            free,
            byApi);
    return new PolicyReading(
        new NodeState(
            space.blocks(),
            space.own(),
            space.space(),
            admission.entries(),
            policies.programs(),
            policies.sets()),
        admission.free(),
        admission.waiting());
  }
}
