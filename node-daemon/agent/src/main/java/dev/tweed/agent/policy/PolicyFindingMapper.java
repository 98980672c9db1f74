package dev.tweed.agent.policy;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.enforce.gate.LocalPod;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What is wrong with network policies on this node, and what to do about it. Pure. */
final class PolicyFindingMapper {

  private static final int NAMES = 5;

  private PolicyFindingMapper() {}

  static NodeFinding failed(String why) {
    return NodeFinding.of(
        AgentReason.PolicyTableFailed,
        "table inet tweed-policy",
        "network policies are in force as they were before, if they were: " + why,
        "the kernel needs nf_tables with conntrack (modprobe nft_ct nf_conntrack), and the"
            + " daemon the capability NET_ADMIN; it is tried again by itself");
  }

  static NodeFinding waiting(String nodeName, List<LocalPod> pods) {
    return NodeFinding.of(
        AgentReason.PodsWaitForPolicy,
        "NodePolicy/" + nodeName,
        "%d pods are closed until the operator has said which policies select them: %s"
            .formatted(
                pods.size(),
                pods.stream()
                    .map(p -> p.namespace() + "/" + p.name())
                    .sorted()
                    .limit(NAMES)
                    .collect(Collectors.joining(", "))),
        "see whether the operator runs: 'kubectl -n tweed-system get pods'");
  }

  static NodeFinding notGated(Path cniResults) {
    return NodeFinding.of(
        AgentReason.PodsNotGated,
        cniResults.toString(),
        "has nothing of the pods that run here, so they are known by the API server's word only: one that a policy selects is"
            + " open from its start until the API server has its address",
        "mount it into the daemon's pod, or name the directory where the container runtime keeps"
            + " results of CNI plugins by --cni-results-dir");
  }

  static NodeFinding unguarded(String why) {
    return NodeFinding.of(
        AgentReason.SpoofGuardFailed,
        "table bridge tweed-spoof",
        "a pod with NET_RAW can send as another pod of this node: " + why,
        "the kernel needs nf_tables for bridges (modprobe nf_tables_bridge, CONFIG_NF_TABLES_BRIDGE);"
            + " or say that it is not to be had, by --policy-spoof-guard=false");
  }

  static NodeFinding bypassed(String why) {
    return NodeFinding.of(
        AgentReason.PolicyBypassed,
        "bridge",
        why + ": packets between pods of this node pass no network policy",
        "modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1"
            + " net.bridge.bridge-nf-call-ip6tables=1");
  }
}
