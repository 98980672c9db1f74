package dev.tweed.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A {@link NodeStatus} as it is in {@code status.json}: absent instead of empty. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record StatusDocument(
    String node,
    NodeStatus.State state,
    String reason,
    String podNetwork,
    List<String> blocks,
    DataPathStatus dataPath,
    List<NodeFinding> findings,
    List<Repair> repairs,
    Firewall firewall,
    List<PolicyState> policies,
    List<SysctlValue> sysctls,
    Versions versions) {

  static StatusDocument of(NodeStatus s) {
    return new StatusDocument(
        s.node(),
        s.state(),
        s.reason(),
        s.podNetwork(),
        s.blocks(),
        s.dataPath().orElse(null),
        s.findings(),
        s.repairs(),
        s.firewall().orElse(null),
        s.policies(),
        s.sysctls(),
        s.versions().orElse(null));
  }

  NodeStatus toStatus() {
    return new NodeStatus(
        Objects.requireNonNullElse(node, ""),
        Objects.requireNonNullElse(state, NodeStatus.State.WAITING),
        Objects.requireNonNullElse(reason, ""),
        Objects.requireNonNullElse(podNetwork, ""),
        Objects.requireNonNullElse(blocks, List.of()),
        Optional.ofNullable(dataPath),
        Objects.requireNonNullElse(findings, List.of()),
        Objects.requireNonNullElse(repairs, List.of()),
        Optional.ofNullable(firewall),
        Objects.requireNonNullElse(policies, List.of()),
        Objects.requireNonNullElse(sysctls, List.of()),
        Optional.ofNullable(versions));
  }
}
