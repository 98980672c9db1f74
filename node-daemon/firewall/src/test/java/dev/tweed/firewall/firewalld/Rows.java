package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.CompiledRules;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.firewall.rules.RuleCompiler;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Rows for tests. */
final class Rows {

  private Rows() {}

  /** What the pod network of {@link FirewalldNode} needs. */
  static List<FilterRow> network() {
    return compile(List.of(builtIn()));
  }

  /** The same, and before it a policy. */
  static List<FilterRow> network(FirewallRule... rules) {
    return compile(List.of(policy(rules), builtIn()));
  }

  /** A policy alone. */
  static List<FilterRow> of(FirewallRule... rules) {
    return compile(List.of(policy(rules)));
  }

  static FirewallRule allow(Direction direction, int port) {
    return FirewallRule.allow("allow-" + port, direction)
        .withPorts(Protocol.TCP, PortRange.of(port));
  }

  /** One of packets to the node. */
  static FirewallRule deny(int port) {
    return allow(Direction.IN, port).withName("deny-" + port).withAction(Action.DENY);
  }

  /** All that firewalld has words for. */
  static List<FilterRow> everySort() {
    List<FirewallRule> rules = new ArrayList<>();
    Peer from = Peer.of(IpPrefix.parse("192.0.2.0/24"), IpPrefix.parse("2001:db8::/32"));
    for (Direction direction : Direction.values()) {
      for (Action action : List.of(Action.DENY, Action.REJECT, Action.ALLOW)) {
        for (Protocol protocol : Protocol.values()) {
          for (Logging logging : List.of(Logging.NONE, Logging.NEW)) {
            String name =
                "%s-%s-%s-%s".formatted(direction, action, protocol, logging).toLowerCase();
            FirewallRule rule =
                new FirewallRule(
                    name,
                    direction,
                    action,
                    protocol,
                    protocol.isIcmp() ? List.of(protocol == Protocol.ICMP ? 8 : 128, 3) : List.of(),
                    protocol.hasPorts()
                        ? List.of(PortRange.of(80 + logging.ordinal()), new PortRange(2379, 2380))
                        : List.of(),
                    logging == Logging.NEW ? List.of(from) : List.of(),
                    List.of(),
                    Optional.empty(),
                    direction == Direction.ROUTED && action == Action.DENY
                        ? Optional.of("tweed.1")
                        : Optional.empty(),
                    logging,
                    "it's a \"note\" <&>");
            rules.add(rule);
          }
        }
      }
      rules.add(
          FirewallRule.allow("from-port-" + direction.name().toLowerCase(), direction)
              .withFrom(
                  new Peer(List.of(IpPrefix.parse("198.51.100.7/32")), List.of(PortRange.of(53)))));
      rules.add(
          FirewallRule.allow("everything-" + direction.name().toLowerCase(), direction)
              .withAction(Action.REJECT)
              .withTo(from));
    }
    return network(rules.toArray(FirewallRule[]::new));
  }

  private static RuleGroup policy(FirewallRule... rules) {
    return new RuleGroup(
        new Origin(Origin.Kind.POLICY, "some-policy"), 100, new ArrayList<>(Arrays.asList(rules)));
  }

  private static RuleGroup builtIn() {
    return BuiltInRulesPlanner.plan(
        "default",
        new NetworkNeeds(
            Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
            "tweed-br0",
            Optional.of("eth0"),
            List.of("eth0"),
            List.of(IpAddress.parse("192.0.2.1")),
            List.of(IpPrefix.parse("10.244.0.0/16"))),
        List.of(IpPrefix.parse("10.244.1.0/24")));
  }

  private static List<FilterRow> compile(List<RuleGroup> groups) {
    CompiledRules compiled = RuleCompiler.compile(groups);
    if (!compiled.refused().isEmpty()) {
      throw new IllegalArgumentException(compiled.problems().toString());
    }
    return compiled.rows();
  }
}
