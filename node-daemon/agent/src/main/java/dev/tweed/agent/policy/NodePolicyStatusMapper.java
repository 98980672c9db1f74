package dev.tweed.agent.policy;

import dev.tweed.agent.cluster.NodePolicyRecord;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NodePolicyStatus;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The status of a NodePolicy from what was read back. Pure. */
final class NodePolicyStatusMapper {

  private NodePolicyStatusMapper() {}

  /**
   * What is in force.
   *
   * @param before the status that was written last, whose times of transition stay
   */
  static NodePolicyStatus map(
      EnforcedPolicies enforced, Optional<NodePolicyStatus> before, Instant now) {
    NodePolicyRecord node = enforced.node().orElseThrow();
    Set<String> missing = enforced.compiled().missing();
    List<NodePolicyStatus.ProgramState> programs = new ArrayList<>();
    new TreeMap<>(enforced.compiled().pods())
        .forEach(
            (name, pods) -> {
              Program program = enforced.state().programs().get(name);
              if (program != null && enforced.bypass().isEmpty() && isWhole(program, missing)) {
                programs.add(
                    new NodePolicyStatus.ProgramState(
                        name, program.policy().generation(), pods, dropped(name, enforced)));
              }
            });
    Set<String> inForce = new HashSet<>();
    programs.forEach(p -> inForce.add(p.name()));
    Set<String> known = new HashSet<>();
    enforced.state().pods().forEach(p -> known.add(p.uid()));
    long pods =
        node.pods().stream()
            .filter(p -> known.contains(p.uid()) && inForce.containsAll(p.programs()))
            .count();
    return new NodePolicyStatus(
        node.generation(),
        List.of(condition(enforced, node, before, now)),
        (int) pods,
        enforced.waiting(),
        enforced.drops().values().stream().mapToLong(Long::longValue).sum(),
        programs.stream().limit(Limits.CLASS_PROGRAMS).toList(),
        missing.stream().sorted().limit(Limits.FAILURES).toList());
  }

  private static boolean isWhole(Program program, Set<String> missing) {
    return Stream.concat(program.ingress().stream(), program.egress().stream())
        .map(Rule::peers)
        .flatMap(p -> p.sets().stream())
        .noneMatch(missing::contains);
  }

  private static long dropped(String program, EnforcedPolicies enforced) {
    long sum = 0;
    for (Map.Entry<String, Long> chain : enforced.drops().entrySet()) {
      var drop = enforced.compiled().drops().get(chain.getKey());
      if (drop != null && drop.programs().contains(program)) {
        sum += chain.getValue();
      }
    }
    return sum;
  }

  private static Condition condition(
      EnforcedPolicies enforced,
      NodePolicyRecord node,
      Optional<NodePolicyStatus> before,
      Instant now) {
    String reason = "InForce";
    String message = "the kernel holds it, read back";
    Set<String> known = new HashSet<>();
    enforced.state().pods().forEach(p -> known.add(p.uid()));
    List<PodEntry> absent =
        node.pods().stream()
            .filter(p -> !p.addresses().isEmpty() && !known.contains(p.uid()))
            .toList();
    if (enforced.failure().isPresent()) {
      reason = AgentReason.PolicyTableFailed.name();
      message = "the kernel does not take what there should be: " + enforced.failure().get();
    } else if (enforced.bypass().isPresent()) {
      reason = "Bypassed";
      message =
          enforced.bypass().get()
              + ": packets between pods of this node pass no policy; 'sysctl -w"
              + " net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1'";
    } else if (node.unreadable().isPresent()) {
      reason = "Unreadable";
      message = node.unreadable().get() + ": pods are closed; upgrade this node's daemon";
    } else if (!enforced.compiled().missing().isEmpty()) {
      reason = "Incomplete";
      message = "what is missing closes the rules and pods that need it; see status.missing";
    } else if (!absent.isEmpty() || !node.unreadablePods().isEmpty()) {
      reason = "PodsUnknown";
      message =
          (absent.size() + node.unreadablePods().size())
              + " pods are closed, since nothing is known of them here";
    }
    String status = reason.equals("InForce") ? "True" : "False";
    String since =
        before
            .flatMap(b -> b.conditions().stream().findFirst())
            .filter(c -> c.status().equals(status))
            .map(Condition::lastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new Condition("Enforced", status, reason, message, since, node.generation());
  }
}
