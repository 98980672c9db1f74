package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.MappedPolicy;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyReason;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.ProtectedService;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * From the policies that select this node to rules with addresses. Pure. Whatever an object holds,
 * the result is rules or sentences, never an exception: the schema may have been laxer when it was
 * stored.
 */
public final class PolicyMapper {

  private final PeerResolver peers;
  private final List<PolicyProblem> problems = new ArrayList<>();

  private PolicyMapper(PeerResolver peers) {
    this.peers = peers;
  }

  /**
   * Maps those of the policies that select this node, by name. Without a Node object there are no
   * labels to select it by, and the result is empty.
   */
  public static List<MappedPolicy> map(ClusterView view) {
    if (view.node().isEmpty()) {
      return List.of();
    }
    PeerResolver peers = new PeerResolver(view);
    return view.policies().stream()
        .filter(policy -> policy.selects(view.node().get().labels()))
        .sorted(Comparator.comparing(PolicyRecord::name))
        .map(policy -> new PolicyMapper(peers).policy(policy))
        .toList();
  }

  private MappedPolicy policy(PolicyRecord policy) {
    FirewallPolicySpec spec = policy.spec();
    policy
        .unreadable()
        .ifPresent(why -> problems.add(new PolicyProblem(PolicyReason.InvalidRule, why)));
    if (spec.rules().isEmpty() && problems.isEmpty()) {
      problems.add(new PolicyProblem(PolicyReason.InvalidRule, "spec.rules is empty; add a rule"));
    }
    List<FirewallRule> rules = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (FirewallPolicySpec.Rule rule : spec.rules()) {
      if (!names.add(rule.name())) {
        invalid(rule, "name", "two rules have this name", "give each its own");
      }
      rule(rule).ifPresent(rules::add);
    }
    boolean refused = problems.stream().anyMatch(p -> p.reason().refuses());
    return new MappedPolicy(
        policy.name(),
        policy.uid(),
        policy.generation(),
        spec.allowLockout().stream()
            .map(service -> ProtectedService.of(service.name()))
            .collect(Collectors.toSet()),
        refused
            ? Optional.empty()
            : Optional.of(
                new RuleGroup(
                    new Origin(Origin.Kind.POLICY, policy.name()),
                    spec.priority(),
                    mode(spec),
                    rules)),
        problems);
  }

  private static RuleGroup.Mode mode(FirewallPolicySpec spec) {
    return switch (spec.mode()) {
      case Audit -> RuleGroup.Mode.AUDIT;
      case Enforce ->
          spec.cutEstablished() ? RuleGroup.Mode.CUT_ESTABLISHED : RuleGroup.Mode.ENFORCE;
    };
  }

  private Optional<FirewallRule> rule(FirewallPolicySpec.Rule rule) {
    if (rule.name() == null || rule.direction() == null || rule.action() == null) {
      invalid(rule, "name", "name, direction or action is missing", "set all three");
      return Optional.empty();
    }
    return Optional.of(
        new FirewallRule(
            rule.name(),
            switch (rule.direction()) {
              case In -> Direction.IN;
              case Out -> Direction.OUT;
              case Routed -> Direction.ROUTED;
            },
            switch (rule.action()) {
              case Allow -> Action.ALLOW;
              case Deny -> Action.DENY;
              case Reject -> Action.REJECT;
              case Limit -> Action.LIMIT;
            },
            rule.protocol() == null ? Protocol.ANY : protocol(rule.protocol()),
            rule.icmpTypes(),
            ports(rule, "ports", rule.ports()),
            peers(rule, "from", rule.from()),
            peers(rule, "to", rule.to()),
            Optional.ofNullable(rule.interfaceIn()),
            Optional.ofNullable(rule.interfaceOut()),
            switch (rule.log()) {
              case None -> Logging.NONE;
              case NewConnections -> Logging.NEW;
              case AllPackets -> Logging.ALL;
            },
            rule.comment() == null ? "" : rule.comment()));
  }

  private static Protocol protocol(FirewallPolicySpec.Protocol protocol) {
    return switch (protocol) {
      case TCP -> Protocol.TCP;
      case UDP -> Protocol.UDP;
      case SCTP -> Protocol.SCTP;
      case ICMP -> Protocol.ICMP;
      case ICMPv6 -> Protocol.ICMPV6;
      case AH -> Protocol.AH;
      case ESP -> Protocol.ESP;
      case GRE -> Protocol.GRE;
      case IGMP -> Protocol.IGMP;
      case IPv6 -> Protocol.IPV6;
    };
  }

  private List<PortRange> ports(
      FirewallPolicySpec.Rule rule, String field, List<FirewallPolicySpec.Port> entries) {
    List<PortRange> ports = new ArrayList<>();
    for (FirewallPolicySpec.Port entry : entries) {
      int first = entry.port() == null ? 0 : entry.port();
      int last = entry.endPort() == null ? first : entry.endPort();
      if (1 <= first && first <= last && last <= 65_535) {
        ports.add(new PortRange(first, last));
      } else {
        invalid(
            rule,
            field,
            "port is missing, not in 1..65535, or larger than endPort",
            "write such as {port: 6443} or {port: 2379, endPort: 2380}");
      }
    }
    return ports;
  }

  private List<Peer> peers(
      FirewallPolicySpec.Rule rule, String field, List<FirewallPolicySpec.Peer> entries) {
    List<Peer> result = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      String path = field + "[" + i + "]";
      FirewallPolicySpec.Peer entry = entries.get(i);
      List<PortRange> ports = ports(rule, path, entry.ports());
      PeerResolver.Resolved resolved = peers.resolve(entry);
      resolved
          .remarks()
          .forEach(
              remark ->
                  problems.add(
                      PolicyProblem.inRule(
                          remark.reason(), rule.name(), path, remark.message(), remark.remedy())));
      resolved.prefixes().ifPresent(prefixes -> result.add(new Peer(prefixes, ports)));
    }
    return result;
  }

  private void invalid(FirewallPolicySpec.Rule rule, String field, String message, String remedy) {
    problems.add(
        PolicyProblem.inRule(
            PolicyReason.InvalidRule, String.valueOf(rule.name()), field, message, remedy));
  }
}
