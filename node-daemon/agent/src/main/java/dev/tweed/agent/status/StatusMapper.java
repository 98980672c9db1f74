package dev.tweed.agent.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.agent.cluster.Connected;
import dev.tweed.agent.cluster.SubnetRecord;
import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.Firewall;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * From the node's state to the status of its NodeReport. Pure but for the clock.
 *
 * @param clock for transition times
 * @param bootId of this host, if it is known
 */
public record StatusMapper(Clock clock, Optional<String> bootId) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Policies that are named where a report tells of some only. */
  private static final int NAMES = 5;

  /** Numbers nobody waits for, by the part of the report they are in. */
  private static final Map<String, List<String>> FIGURES =
      Map.of(
          "dataPath", List.of("peersExpected", "peersProgrammed"),
          "reachability", List.of("probed", "answered", "byEcho"),
          "firewall", List.of("rules"));

  /**
   * Status of the node's report; empty if the present one says the same.
   *
   * @param own the NodeSubnets that the state is about
   */
  public Optional<NodeReportStatus> reportStatus(
      NodeStatus status, List<SubnetRecord> own, Optional<NodeReportStatus> present) {
    List<Condition> before = present.map(NodeReportStatus::conditions).orElse(List.of());
    List<Condition> conditions = new ArrayList<>(always(status, before));
    List<NodeReportStatus.PolicyState> told = told(status.policies());
    List<NodeFinding> findings = new ArrayList<>(status.findings());
    untold(status.policies(), told).ifPresent(findings::add);
    List<NodeFinding> worstFirst = worstFirst(findings);
    firstOfEachReason(worstFirst).stream()
        .limit(Limits.CONDITIONS - conditions.size())
        .forEach(f -> conditions.add(condition(f.reason(), "True", f.reason(), text(f), before)));
    NodeReportStatus wanted =
        new NodeReportStatus(
            conditions,
            status.podNetwork().isEmpty() ? null : status.podNetwork(),
            status.blocks().stream().limit(Limits.BLOCKS).toList(),
            observed(own),
            status.versions().orElse(null),
            status.dataPath().map(StatusMapper::dataPath).orElse(null),
            status.reachability().map(StatusMapper::reachability).orElse(null),
            status.firewall().map(StatusMapper::firewall).orElse(null),
            told.stream().map(StatusMapper::policy).toList(),
            shown(worstFirst).stream()
                .map(
                    f ->
                        new NodeReportStatus.Finding(
                            f.reason(),
                            cut(f.object(), Limits.SHORT),
                            cut(f.message(), Limits.MESSAGE),
                            cut(f.remedy(), Limits.MESSAGE)))
                .toList(),
            status.repairs(),
            status.sysctls(),
            bootId.orElse(null),
            status.sync().addresses(),
            status.fastPath().map(StatusMapper::fastPath).orElse(null));
    return present.filter(wanted::equals).isPresent() ? Optional.empty() : Optional.of(wanted);
  }

  /** How soon a report has to be written that says something else than the present one. */
  public enum Urgency {
    /** It says the same. */
    NONE,
    /**
     * Only figures differ, such as how many peers there are: when one node joins, they differ on
     * every node.
     */
    FIGURES,
    /** Texts, times, or something else that nobody waits for. */
    REGULAR,
    /**
     * What people and the operator wait for: that a condition changes its status, comes or goes,
     * which blocks it is about and what MTU their pods get, which addresses it can have, what
     * became of a policy, or which firewall has the rules.
     */
    AT_ONCE
  }

  /**
   * How soon it has to be written.
   *
   * @param own the NodeSubnets that the state is about
   */
  public Urgency urgency(NodeStatus status, List<SubnetRecord> own, NodeReportStatus present) {
    return reportStatus(status, own, Optional.of(present))
        .map(
            wanted ->
                !gist(wanted).equals(gist(present))
                    ? Urgency.AT_ONCE
                    : !withoutFigures(wanted).equals(withoutFigures(present))
                        ? Urgency.REGULAR
                        : Urgency.FIGURES)
        .orElse(Urgency.NONE);
  }

  /**
   * Without what a peer that joins, or answers, changes. All the rest is in, also what the report
   * gets in later versions.
   */
  private static JsonNode withoutFigures(NodeReportStatus report) {
    JsonNode tree = JSON.valueToTree(report);
    FIGURES.forEach((part, names) -> remove(tree.path(part), names));
    for (JsonNode condition : tree.path("conditions")) {
      if (Reachable.TYPE.equals(condition.path("type").asText())
          && "True".equals(condition.path("status").asText())) {
        remove(condition, List.of("message")); // how many answer, while all is well
      }
    }
    return tree;
  }

  private static void remove(JsonNode from, List<String> names) {
    if (from instanceof ObjectNode object) {
      object.remove(names);
    }
  }

  /** Without texts, times and figures. */
  private static Set<Object> gist(NodeReportStatus report) {
    return Stream.of(
            report.conditions().stream().map(c -> c.type() + " " + c.status()),
            Stream.ofNullable(report.bootID()),
            Stream.of(report.blocks()),
            report.nodeSubnets().stream(),
            report.addresses().stream(),
            Stream.ofNullable(report.dataPath()).map(NodeReportStatus.DataPath::mtu),
            report.policies().stream()
                .map(
                    p ->
                        new NodeReportStatus.PolicyState(
                            p.name(), p.uid(), p.generation(), p.applied(), p.reason(), null)),
            Stream.ofNullable(report.firewall())
                .map(
                    f -> new Firewall(f.manager(), f.state(), null, f.backend(), null, null, null)))
        .flatMap(parts -> parts)
        .collect(Collectors.toSet());
  }

  private List<Condition> always(NodeStatus status, List<Condition> before) {
    Reachable reachable = status.reachable();
    Connected connected = status.connected();
    return List.of(
        ofDataPath("Ready", status.ready(), status, before),
        ofDataPath("Programmed", status.programmed(), status, before),
        condition(
            Reachable.TYPE,
            reachable.status().name(),
            reachable.reason().name(),
            reachable.message(),
            before),
        condition(
            Connected.TYPE,
            connected.status().name(),
            connected.reason().name(),
            connected.message(),
            before));
  }

  private Condition ofDataPath(
      String type, boolean good, NodeStatus status, List<Condition> before) {
    if (good) {
      return status.state() == NodeStatus.State.IDLE
          ? condition(type, "True", "NothingToDo", status.reason(), before)
          : condition(
              type, "True", "Programmed", "the data path is in the kernel, verified", before);
    }
    Optional<NodeFinding> cause =
        status.blocking().or(() -> status.findings().stream().findFirst());
    return condition(
        type,
        "False",
        cause.map(NodeFinding::reason).orElse("ProgrammingFailed"),
        cause.map(StatusMapper::text).orElse(status.reason()),
        before);
  }

  private Condition condition(
      String type, String value, String reason, String message, List<Condition> before) {
    String since =
        before.stream()
            .filter(c -> type.equals(c.type()) && value.equals(c.status()))
            .map(Condition::lastTransitionTime)
            .filter(Objects::nonNull)
            .findFirst()
            .orElseGet(this::now);
    return new Condition(type, value, reason, cut(message, Limits.MESSAGE), since, null);
  }

  private String now() {
    return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static List<NodeFinding> firstOfEachReason(List<NodeFinding> findings) {
    Map<String, NodeFinding> first = new LinkedHashMap<>();
    findings.forEach(f -> first.putIfAbsent(f.reason(), f));
    return List.copyOf(first.values());
  }

  private static List<NodeReportStatus.ObservedSubnet> observed(List<SubnetRecord> own) {
    return own.stream()
        .flatMap(
            subnet ->
                subnet.own().stream()
                    .map(
                        o ->
                            new NodeReportStatus.ObservedSubnet(
                                subnet.name(), o.uid(), o.generation())))
        .limit(Limits.BLOCKS)
        .toList();
  }

  private static NodeReportStatus.DataPath dataPath(NodeStatus.DataPathStatus d) {
    return new NodeReportStatus.DataPath(
        d.device().isEmpty() ? null : d.device(),
        d.mtu() == 0 ? null : d.mtu(),
        d.underlayDevice().isEmpty() ? null : d.underlayDevice(),
        d.underlayAddress().isEmpty() ? null : d.underlayAddress(),
        d.peersExpected(),
        d.peersProgrammed());
  }

  private static NodeReportStatus.FastPath fastPath(NodeReportStatus.FastPath f) {
    return f.message() == null
        ? f
        : new NodeReportStatus.FastPath(f.state(), f.reason(), cut(f.message(), Limits.MESSAGE));
  }

  /** As many peers as the schema takes, those that count against somebody before others. */
  private static NodeReportStatus.Reachability reachability(Reachability seen) {
    NodeReportStatus.Reachability all = ReachabilityMapper.toReport(seen);
    return new NodeReportStatus.Reachability(
        all.proof(),
        all.probed(),
        all.answered(),
        all.byEcho(),
        all.unreached().stream()
            .sorted(
                Comparator.comparing(NodeReportStatus.UnreachedPeer::lives)
                    .thenComparing(NodeReportStatus.UnreachedPeer::everAnswered)
                    .reversed())
            .limit(Limits.UNREACHED)
            .toList(),
        all.txChecksum());
  }

  private static NodeReportStatus.Firewall firewall(NodeReportStatus.Firewall f) {
    return new NodeReportStatus.Firewall(
        f.manager(),
        f.state(),
        f.reason() == null ? null : cut(f.reason(), Limits.MESSAGE),
        f.backend(),
        f.backendReason() == null ? null : cut(f.backendReason(), Limits.MESSAGE),
        f.rules(),
        f.forward() == null ? null : cut(f.forward(), Limits.MESSAGE));
  }

  private static NodeReportStatus.PolicyState policy(NodeReportStatus.PolicyState p) {
    return p.message() == null || p.message().length() <= Limits.POLICY_MESSAGE
        ? p
        : new NodeReportStatus.PolicyState(
            p.name(),
            p.uid(),
            p.generation(),
            p.applied(),
            p.reason(),
            cut(p.message(), Limits.POLICY_MESSAGE));
  }

  private static String text(NodeFinding f) {
    return f.remedy().isEmpty() ? f.message() : f.message() + "; " + f.remedy();
  }

  private static String cut(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max - 3) + "...";
  }

  /** As many policies as the schema takes, by name; those that are not in force before others. */
  private static List<NodeReportStatus.PolicyState> told(List<NodeReportStatus.PolicyState> all) {
    return all.size() <= Limits.POLICIES
        ? all
        : all.stream()
            .sorted(Comparator.comparing(NodeReportStatus.PolicyState::applied))
            .limit(Limits.POLICIES)
            .sorted(Comparator.comparing(NodeReportStatus.PolicyState::name))
            .toList();
  }

  private static Optional<NodeFinding> untold(
      List<NodeReportStatus.PolicyState> all, List<NodeReportStatus.PolicyState> told) {
    if (told.size() == all.size()) {
      return Optional.empty();
    }
    Set<NodeReportStatus.PolicyState> known = Set.copyOf(told);
    List<String> untold =
        all.stream()
            .filter(policy -> !known.contains(policy))
            .map(NodeReportStatus.PolicyState::name)
            .toList();
    return Optional.of(
        NodeFinding.of(
            AgentReason.TooManyPolicies,
            "FirewallPolicies",
            "%d select this node, and a NodeReport tells of %d, first of those not in force; left out: %s"
                .formatted(
                    all.size(),
                    Limits.POLICIES,
                    String.join(", ", untold.subList(0, Math.min(untold.size(), NAMES)))
                        + (untold.size() > NAMES
                            ? " and %d more".formatted(untold.size() - NAMES)
                            : "")),
            "put the rules of several policies into one; what is in force now:"
                + " tweed-node firewall status"));
  }

  private static List<NodeFinding> shown(List<NodeFinding> worstFirst) {
    if (worstFirst.size() <= Limits.FINDINGS) {
      return worstFirst;
    }
    List<NodeFinding> shown = new ArrayList<>(worstFirst.subList(0, Limits.FINDINGS - 1));
    shown.add(
        NodeFinding.of(
            AgentReason.MoreFindings,
            "NodeReport",
            "%d more findings are left out here".formatted(worstFirst.size() - shown.size()),
            "all of them: tweed-node status, or /run/tweed/status on the node"));
    return shown;
  }

  private static List<NodeFinding> worstFirst(List<NodeFinding> findings) {
    return findings.stream()
        .sorted(Comparator.comparing(NodeFinding::blocking).reversed())
        .toList();
  }
}
