package dev.tweed.firewall.rules;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Says of rules that allow a NodePort what they are worth. Pure.
 *
 * <p>A packet for a NodePort is routed to a pod, so no rule {@code In} opens it; one that denies,
 * rejects or limits closes it (see {@code tweed-guard}), unless one before it allows the packet.
 * The daemon watches no Services: a port is taken for a NodePort by its number.
 */
public final class NodePortJudge {

  /** Where the API server takes NodePorts from, unless its --service-node-port-range differs. */
  private static final PortRange NODE_PORTS = new PortRange(30000, 32767);

  private final List<FilterRow> rows;
  private final boolean routed;
  private final Map<FilterRow.Match, Integer> places = new HashMap<>();
  private final List<Integer> refusals = new ArrayList<>();

  /**
   * @param rows all of this node, in order
   * @param routed whether rows are among them that let packets be routed to pods
   */
  NodePortJudge(List<FilterRow> rows, boolean routed) {
    this.rows = rows;
    this.routed = routed;
    for (int i = 0; i < rows.size(); i++) {
      FilterRow row = rows.get(i);
      if (row.direction() == Direction.IN) {
        places.put(row.match(), i);
        if (mayClose(row)) {
          refusals.add(i);
        }
      }
    }
  }

  /** Whether a row closes what may be a NodePort, to some at least. */
  public static boolean mayClose(FilterRow row) {
    return row.direction() == Direction.IN
        && row.action() != Action.ALLOW
        && mayBeNodePort(row.destinationPorts());
  }

  /** What to say of a policy that is in force, one for each of its rules that allows NodePorts. */
  List<PolicyProblem> judge(RuleGroup policy) {
    return policy.rules().stream()
        .filter(rule -> rule.direction() == Direction.IN && rule.action() == Action.ALLOW)
        .filter(rule -> !nodePorts(rule).isEmpty())
        .map(rule -> judge(policy, rule))
        .sorted(Comparator.comparing(PolicyProblem::reason)) // what is closed is told first
        .toList();
  }

  private PolicyProblem judge(RuleGroup policy, FirewallRule rule) {
    List<FilterRow> allowed =
        RuleCompiler.compile(
                List.of(new RuleGroup(policy.origin(), policy.priority(), List.of(rule))))
            .rows()
            .stream()
            .filter(row -> mayBeNodePort(row.destinationPorts()))
            .toList();
    List<PortRange> ports = nodePorts(rule);
    String subject =
        ports.stream()
            .map(PortRange::toString)
            .collect(
                Collectors.joining(
                    ", ", ports.size() == 1 ? "as a NodePort, " : "as NodePorts, ", ""));
    Optional<FilterRow> before = first(allowed, true);
    if (before.isPresent()) {
      return problem(
          PolicyReason.NodePortClosed,
          rule,
          "%s: not opened by this rule, since %s comes before it and %s %s"
              .formatted(
                  subject,
                  name(before.get()),
                  verb(before.get()),
                  allowed.stream().allMatch(this::isRefused) ? "the same" : "some of the same"),
          "remove that rule, or give this policy a smaller priority");
    }
    Optional<FilterRow> after = first(allowed, false);
    if (after.isPresent()) {
      return problem(
          PolicyReason.NodePortOpen,
          rule,
          "%s: open to those it allows, while %s, which comes after it, %s others"
              .formatted(subject, name(after.get()), verb(after.get())),
          "nothing has to be done");
    }
    return problem(
        PolicyReason.NodePortOpen,
        rule,
        "%s: open to %s, with this rule or without, since no rule In denies, rejects or limits it"
            .formatted(
                subject,
                routed ? "everybody" : "whomever the host's own firewall lets through to pods"),
        "to let in only some, deny the port in a rule after this one");
  }

  private static PolicyProblem problem(
      PolicyReason reason, FirewallRule rule, String message, String remedy) {
    return PolicyProblem.inRule(reason, rule.name(), "ports", message, remedy);
  }

  /** The first refusal before, or after, the place of a row that some packet of it meets. */
  private Optional<FilterRow> first(List<FilterRow> allowed, boolean before) {
    for (int refusal : refusals) {
      for (FilterRow row : allowed) {
        // A row of the same match that comes first is had in its place.
        Integer place = places.get(row.match());
        if (place != null
            && (before ? refusal <= place : refusal > place)
            && (before ? meet(row, rows.get(refusal)) : samePort(row, rows.get(refusal)))) {
          return Optional.of(rows.get(refusal));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether no packet of the row gets as far as the row. */
  private boolean isRefused(FilterRow allowed) {
    return refusals.stream()
        .filter(refusal -> refusal <= places.getOrDefault(allowed.match(), -1))
        .map(rows::get)
        .anyMatch(refused -> covers(refused, allowed));
  }

  private static boolean covers(FilterRow refused, FilterRow allowed) {
    return samePort(allowed, refused)
        && (refused.protocol() == Protocol.ANY || refused.protocol() == allowed.protocol())
        && refused.source().contains(allowed.source())
        && refused.destination().contains(allowed.destination())
        && (refused.sourcePorts().isEmpty() || refused.sourcePorts().equals(allowed.sourcePorts()))
        && (refused.interfaceIn().isEmpty() || refused.interfaceIn().equals(allowed.interfaceIn()))
        && (refused.destinationPorts().isEmpty()
            || nodePorts(allowed.destinationPorts()).stream()
                .allMatch(
                    range ->
                        refused.destinationPorts().stream()
                            .anyMatch(p -> p.contains(range.first()) && p.contains(range.last()))));
  }

  private static boolean meet(FilterRow allowed, FilterRow refused) {
    return samePort(allowed, refused)
        && allowed.source().overlaps(refused.source())
        && allowed.destination().overlaps(refused.destination())
        && meet(allowed.sourcePorts(), refused.sourcePorts())
        && (allowed.interfaceIn().isEmpty()
            || refused.interfaceIn().isEmpty()
            || allowed.interfaceIn().equals(refused.interfaceIn()));
  }

  private static boolean samePort(FilterRow allowed, FilterRow refused) {
    return allowed.family() == refused.family()
        && (allowed.protocol() == refused.protocol()
            || allowed.protocol() == Protocol.ANY
            || refused.protocol() == Protocol.ANY)
        && meet(nodePorts(allowed.destinationPorts()), refused.destinationPorts());
  }

  private static boolean meet(List<PortRange> some, List<PortRange> others) {
    return some.isEmpty()
        || others.isEmpty()
        || some.stream().anyMatch(a -> others.stream().anyMatch(b -> meet(a, b)));
  }

  private static boolean meet(PortRange a, PortRange b) {
    return a.first() <= b.last() && b.first() <= a.last();
  }

  private static boolean mayBeNodePort(List<PortRange> ports) {
    return meet(List.of(NODE_PORTS), ports);
  }

  private static List<PortRange> nodePorts(FirewallRule rule) {
    return nodePorts(
        Stream.concat(
                rule.ports().stream(), rule.to().stream().map(Peer::ports).flatMap(List::stream))
            .toList());
  }

  private static List<PortRange> nodePorts(List<PortRange> ports) {
    return ports.stream()
        .filter(range -> meet(range, NODE_PORTS))
        .map(
            range ->
                new PortRange(
                    Math.max(range.first(), NODE_PORTS.first()),
                    Math.min(range.last(), NODE_PORTS.last())))
        .distinct()
        .toList();
  }

  private static String name(FilterRow row) {
    return "rule %s of %s".formatted(row.rule(), row.origin());
  }

  private static String verb(FilterRow row) {
    return switch (row.action()) {
      case DENY -> "denies";
      case REJECT -> "rejects";
      case LIMIT -> "limits";
      case ALLOW -> "allows";
    };
  }
}
