package dev.tweed.agent.status;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.agent.status.NodeStatus.State;
import dev.tweed.crds.NodeReportStatus.LinkAddress;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import java.util.List;
import java.util.Optional;

/**
 * What a sync of the data path came to.
 *
 * @param node name of the Node
 * @param state how it stands
 * @param reason why, in a few words; empty when the data path is programmed
 * @param podNetwork name of the network the node belongs to; empty if to none
 * @param blocks address blocks set up on the node, also while it has no NodeSubnet
 * @param dataPath what is programmed; empty before the first sync
 * @param findings what is wrong or notable
 * @param sysctls the ones kept, with the value read back
 * @param versions of the tools used; empty before they were read
 * @param addresses those of the links that a PodNetwork names
 */
public record SyncStatus(
    String node,
    State state,
    String reason,
    String podNetwork,
    List<String> blocks,
    Optional<DataPathStatus> dataPath,
    List<NodeFinding> findings,
    List<SysctlValue> sysctls,
    Optional<Versions> versions,
    List<LinkAddress> addresses) {

  /** Copies the lists. */
  public SyncStatus {
    blocks = List.copyOf(blocks);
    findings = List.copyOf(findings);
    sysctls = List.copyOf(sysctls);
    addresses = List.copyOf(addresses);
  }

  /** Of a node whose links no PodNetwork names. */
  public SyncStatus(
      String node,
      State state,
      String reason,
      String podNetwork,
      List<String> blocks,
      Optional<DataPathStatus> dataPath,
      List<NodeFinding> findings,
      List<SysctlValue> sysctls,
      Optional<Versions> versions) {
    this(node, state, reason, podNetwork, blocks, dataPath, findings, sysctls, versions, List.of());
  }

  /** The same with addresses of links. */
  public SyncStatus withAddresses(List<LinkAddress> found) {
    return new SyncStatus(
        node, state, reason, podNetwork, blocks, dataPath, findings, sysctls, versions, found);
  }

  /** Whether what this node needs is in place, or it needs nothing. */
  public boolean programmed() {
    return state == State.READY || state == State.IDLE;
  }
}
