package dev.tweed.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
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
 * @param blocks the node's address blocks
 * @param dataPath what is programmed; empty before the first sync
 * @param findings what is wrong or notable
 * @param repairs drift repaired since the node was booted, by kind
 * @param firewall the host's firewall, if it was looked for
 * @param sysctls the ones kept, with the value read back
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
    List<SysctlValue> sysctls,
    Versions versions) {

  public NodeStatus {
    blocks = List.copyOf(blocks);
    findings = List.copyOf(findings);
    repairs = List.copyOf(repairs);
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

  /** Whether pods on this node work as far as Tweed can tell, or need nothing of it. */
  public boolean ready() {
    return state == State.READY || state == State.IDLE;
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
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DataPathStatus(
      String device,
      int mtu,
      String underlayDevice,
      String underlayAddress,
      int peersExpected,
      int peersProgrammed) {}
}
