package dev.tweed.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * All that is known of this node after a sync; everything told to anyone derives from it. Holds no
 * time of its own, so that equal states are equal.
 *
 * @param node name of the Node
 * @param state how it stands
 * @param reason why, in a few words; empty when the data path is programmed
 * @param podNetwork name of the network the node belongs to; empty if to none
 * @param blocks address blocks set up on the node, also while it has no NodeSubnet
 * @param dataPath what is programmed; empty before the first sync
 * @param findings what is wrong or notable
 * @param repairs drift repaired since the node was booted, by kind
 * @param firewall the host's firewall; empty before the first look
 * @param policies the FirewallPolicies that select this node, by name
 * @param sysctls the ones kept, with the value read back
 * @param versions of the tools used; empty before they were read
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record NodeStatus(
    String node,
    State state,
    String reason,
    String podNetwork,
    List<String> blocks,
    Optional<DataPathStatus> dataPath,
    List<NodeFinding> findings,
    List<Repair> repairs,
    Optional<Firewall> firewall,
    List<PolicyState> policies,
    List<SysctlValue> sysctls,
    Optional<Versions> versions) {

  public NodeStatus {
    blocks = List.copyOf(blocks);
    findings = List.copyOf(findings);
    repairs = List.copyOf(repairs);
    policies = List.copyOf(policies);
    sysctls = List.copyOf(sysctls);
  }

  /** How the node stands. */
  public enum State {
    /** The first lists are not complete, or something the node needs is missing. */
    WAITING,
    /** No PodNetwork wants this node: ready, nothing to do. */
    IDLE,
    /** Programmed and verified. */
    READY,
    /** Programming was tried; not all of it is in the kernel. */
    FAILED
  }

  /**
   * The same with what is known of the host's firewall.
   *
   * @param repairs the counts as they are now
   */
  public NodeStatus with(FirewallStatus seen, List<Repair> repairs) {
    List<NodeFinding> all = new ArrayList<>(findings);
    all.addAll(seen.findings());
    return new NodeStatus(
        node,
        state,
        reason,
        podNetwork,
        blocks,
        dataPath,
        all,
        repairs,
        Optional.of(seen.firewall()),
        seen.policies(),
        sysctls,
        versions);
  }

  /** The same with more findings. */
  public NodeStatus with(Collection<NodeFinding> more) {
    List<NodeFinding> all = new ArrayList<>(findings);
    all.addAll(more);
    return new NodeStatus(
        node,
        state,
        reason,
        podNetwork,
        blocks,
        dataPath,
        all,
        repairs,
        firewall,
        policies,
        sysctls,
        versions);
  }

  /** What is known of the host's firewall, taken out again; empty before the first look. */
  public Optional<FirewallStatus> firewallStatus() {
    return firewall.map(
        seen ->
            new FirewallStatus(
                seen,
                policies,
                findings.stream().filter(f -> AgentReason.ofFirewall(f.reason())).toList()));
  }

  /**
   * Whether what this node needs is in place: the data path, verified, and the CNI configuration;
   * or it needs nothing. Probes and the Node's condition follow this, and not {@link #ready}: a
   * node must come up for anyone to see what is wrong with it, and a later fault takes no pods
   * down.
   */
  public boolean programmed() {
    return state == State.READY || state == State.IDLE;
  }

  /** Whether it is programmed, and nothing that was found keeps pods on this node from working. */
  public boolean ready() {
    return programmed() && blocking().isEmpty();
  }

  /** The first finding that stops pods from working. */
  public Optional<NodeFinding> blocking() {
    return findings.stream().filter(NodeFinding::blocking).findFirst();
  }

  /**
   * What is programmed.
   *
   * @param device device that carries pod traffic to other nodes; empty when there is none
   * @param mtu MTU of pods, bytes; 0 while unknown
   * @param underlayDevice link between the nodes; empty while unknown
   * @param underlayAddress this node's address on it; empty while unknown
   * @param tunnelPort UDP port of the tunnel; 0 if packets go without one
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DataPathStatus(
      String device,
      int mtu,
      String underlayDevice,
      String underlayAddress,
      int tunnelPort,
      int peersExpected,
      int peersProgrammed) {}
}
