package dev.tweed.firewall.rules;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Says of rules that allow a NodePort what they are worth. Pure.
 *
 * <p>What is said is advice: the first rule {@code In} that refuses some of the same packets is
 * named. The daemon watches no Services: a port is taken for a NodePort by its number.
 */
public final class NodePortEvaluator {

  /** Where the API server takes NodePorts from, unless its --service-node-port-range differs. */
  private static final PortRange NODE_PORTS = new PortRange(30000, 32767);

  private final List<FilterRow> rows;
  private final boolean routed;
  private final Supplier<ServiceProxy> proxy;

  /**
   * @param rows all of this node, in order
   * @param routed whether rows are among them that let packets be routed to pods
   * @param proxy who takes packets for NodePorts; asked if a rule allows one
   */
  NodePortEvaluator(List<FilterRow> rows, boolean routed, Supplier<ServiceProxy> proxy) {
    this.rows = rows;
    this.routed = routed;
    this.proxy = proxy;
  }

  /** Whether a row closes what may be a NodePort, to some at least. */
  public static boolean mayClose(FilterRow row) {
    return row.direction() == Direction.IN
        && row.action() != Action.ALLOW
        && row.protocol().hasPorts()
        && meet(List.of(NODE_PORTS), row.destinationPorts());
  }

  /** What to say of a policy that is in force, one for each of its rules that allows NodePorts. */
  List<PolicyProblem> evaluate(RuleGroup policy) {
    return policy.rules().stream()
        .filter(rule -> rule.direction() == Direction.IN && rule.action() == Action.ALLOW)
        .filter(rule -> !nodePorts(rule).isEmpty())
        .map(rule -> evaluate(policy, rule))
        .sorted(Comparator.comparing(PolicyProblem::reason)) // what is closed is told first
        .toList();
  }

  private PolicyProblem evaluate(RuleGroup policy, FirewallRule rule) {
    List<PortRange> ports = nodePorts(rule);
    String subject =
        (ports.size() == 1 ? "as a NodePort, " : "as NodePorts, ")
            + ports.stream().map(PortRange::toString).collect(Collectors.joining(", "));
    ServiceProxy taker = proxy.get();
    if (taker == ServiceProxy.UNSEEN) {
      return problem(
          PolicyReason.NodePortUnseen,
          rule,
          subject
              + ": no rules of kube-proxy are on this node; what takes NodePorts in eBPF in its"
              + " place comes before any firewall, so that rules In neither open nor close them",
          "say who may reach NodePorts in that program's own policies");
    }
    List<FilterRow> own =
        RuleCompiler.compile(
                List.of(new RuleGroup(policy.origin(), policy.priority(), List.of(rule))))
            .rows();
    // Where there is none, others of the same match stand in for all of them.
    int end =
        IntStream.range(0, rows.size())
            .filter(i -> rows.get(i).origin().equals(policy.origin()))
            .filter(i -> rows.get(i).rule().equals(rule.name()))
            .findFirst()
            .orElse(rows.size());
    Optional<FilterRow> before =
        first(rows.subList(0, end), refusal -> own.stream().anyMatch(row -> meet(row, refusal)));
    if (before.isPresent()) {
      return problem(
          PolicyReason.NodePortClosed,
          rule,
          "%s: not opened by this rule, since %s comes before it and %s all or some of it"
              .formatted(subject, name(before.get()), verb(before.get())),
          "remove that rule, or give this policy a smaller priority");
    }
    Optional<FilterRow> after =
        first(
            rows.subList(end, rows.size()),
            refusal -> own.stream().anyMatch(row -> samePort(row, refusal)));
    if (after.isPresent()) {
      return problem(
          PolicyReason.NodePortOpen,
          rule,
          "%s: open to those it allows, while %s, which comes after it, %s others"
              .formatted(subject, name(after.get()), verb(after.get())),
          "nothing has to be done");
    }
    return taker == ServiceProxy.IPVS
        ? problem(
            PolicyReason.NodePortOpen,
            rule,
            subject
                + ": open to those it allows; kube-proxy takes NodePorts by IPVS here, so that rules"
                + " In, and the host's own firewall, decide about them as about any port of the node",
            "nothing has to be done")
        : problem(
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

  private static Optional<FilterRow> first(List<FilterRow> among, Predicate<FilterRow> same) {
    return among.stream().filter(NodePortEvaluator::mayClose).filter(same).findFirst();
  }

  private static boolean meet(FilterRow allowed, FilterRow refused) {
    return samePort(allowed, refused) && allowed.source().overlaps(refused.source());
  }

  private static boolean samePort(FilterRow allowed, FilterRow refused) {
    return allowed.family() == refused.family()
        && (allowed.protocol() == refused.protocol()
            || allowed.protocol() == Protocol.ANY
            || refused.protocol() == Protocol.ANY)
        && meet(nodePorts(allowed.destinationPorts()), refused.destinationPorts());
  }

  private static boolean meet(List<PortRange> some, List<PortRange> others) {
    return others.isEmpty() || some.stream().anyMatch(a -> others.stream().anyMatch(a::overlaps));
  }

  private static List<PortRange> nodePorts(FirewallRule rule) {
    return nodePorts(
        Stream.concat(
                rule.ports().stream(), rule.to().stream().map(Peer::ports).flatMap(List::stream))
            .toList());
  }

  private static List<PortRange> nodePorts(List<PortRange> ports) {
    return ports.stream()
        .filter(NODE_PORTS::overlaps)
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
