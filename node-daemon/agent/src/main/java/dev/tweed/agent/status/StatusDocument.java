package dev.tweed.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.status.NodeStatus.DataPathStatus;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.NodeReportStatus.Repair;
import dev.tweed.crds.NodeReportStatus.SysctlValue;
import dev.tweed.crds.NodeReportStatus.Versions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A {@link NodeStatus} as it is in {@code status.json}: absent instead of empty.
 *
 * @param reachability as in the NodeReport, and of all unreached peers
 * @param everAnswered probed blocks that have answered, with the name of the node
 * @param lostAt blocks of unreached peers, with where packets of theirs are lost, for people
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record StatusDocument(
    String node,
    NodeStatus.State state,
    String reason,
    String podNetwork,
    List<String> blocks,
    DataPathStatus dataPath,
    Connection connected,
    NodeReportStatus.Reachability reachability,
    Map<String, String> everAnswered,
    Map<String, String> lostAt,
    List<NodeFinding> findings,
    List<Repair> repairs,
    Firewall firewall,
    List<PolicyState> policies,
    List<SysctlValue> sysctls,
    Versions versions,
    NodeReportStatus.FastPath fastPath) {

  /** A {@link Connected}, its times as text. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Connection(String status, String reason, String since) {
    static Connection of(Connected c) {
      return new Connection(
          c.status().name(), c.reason().name(), c.since().map(Instant::toString).orElse(null));
    }

    Connected toConnected() {
      try {
        return new Connected(
            Connected.Reason.valueOf(reason), Optional.ofNullable(since).map(Instant::parse));
      } catch (IllegalArgumentException | NullPointerException | DateTimeException e) {
        return Connected.NOT_YET; // another version's
      }
    }
  }

  static StatusDocument of(NodeStatus s) {
    return new StatusDocument(
        s.node(),
        s.state(),
        s.reason(),
        s.podNetwork(),
        s.blocks(),
        s.dataPath().orElse(null),
        Connection.of(s.connected()),
        s.reachability().map(ReachabilityMapper::toReport).orElse(null),
        s.reachability().map(ReachabilityMapper::everAnswered).orElse(null),
        s.reachability().map(ReachabilityMapper::lostAt).orElse(null),
        s.findings(),
        s.repairs(),
        s.firewall().orElse(null),
        s.policies(),
        s.sysctls(),
        s.versions().orElse(null),
        s.fastPath().orElse(null));
  }

  NodeStatus toStatus() {
    List<NodeFinding> all = Objects.requireNonNullElse(findings, List.of());
    return new NodeStatus(
        new SyncStatus(
            Objects.requireNonNullElse(node, ""),
            Objects.requireNonNullElse(state, NodeStatus.State.WAITING),
            Objects.requireNonNullElse(reason, ""),
            Objects.requireNonNullElse(podNetwork, ""),
            Objects.requireNonNullElse(blocks, List.of()),
            Optional.ofNullable(dataPath),
            all.stream()
                .filter(f -> !AgentReason.ofFirewall(f.reason()))
                // These follow from what else is in the document.
                .filter(f -> !AgentReason.ofReachability(f.reason()))
                .toList(),
            Objects.requireNonNullElse(sysctls, List.of()),
            Optional.ofNullable(versions)),
        connected == null ? Connected.NOT_YET : connected.toConnected(),
        List.of(),
        Optional.ofNullable(firewall)
            .map(
                f ->
                    new FirewallStatus(
                        f,
                        Objects.requireNonNullElse(policies, List.of()),
                        all.stream().filter(x -> AgentReason.ofFirewall(x.reason())).toList())),
        Optional.ofNullable(reachability)
            .flatMap(
                r ->
                    ReachabilityMapper.fromReport(
                        r,
                        Objects.requireNonNullElse(everAnswered, Map.of()),
                        Objects.requireNonNullElse(lostAt, Map.of()))),
        Objects.requireNonNullElse(repairs, List.of()),
        Optional.ofNullable(fastPath));
  }
}
