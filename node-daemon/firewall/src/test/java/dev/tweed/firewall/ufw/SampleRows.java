package dev.tweed.firewall.ufw;

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
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Rows for tests of what keeps them. */
public final class SampleRows {

  private static final Peer PODS = Peer.of(IpPrefix.parse("10.244.0.0/16"));

  private SampleRows() {}

  /** The pod network, and the policy that lets pods reach the API server. */
  public static List<FilterRow> lesson() {
    return compile(groups());
  }

  /** With rules of every sort besides. */
  public static List<FilterRow> all() {
    List<RuleGroup> groups = new ArrayList<>(groups());
    int i = 0;
    for (Direction direction : Direction.values()) {
      for (Action action : Action.values()) {
        for (Logging logging : Logging.values()) {
          if (logging == Logging.ALL && (action == Action.ALLOW || action == Action.LIMIT)) {
            i++;
            continue; // nobody has it
          }
          PortRange own = PortRange.of(20_000 + i);
          FirewallRule sort =
              FirewallRule.allow("sort", direction).withAction(action).withLogging(logging);
          groups.add(
              new RuleGroup(
                  new Origin(Origin.Kind.POLICY, "sorts" + i++),
                  0,
                  List.of(
                      sort.withPorts(Protocol.ANY, own).withComment("it's änother"),
                      new FirewallRule(
                          "sorts",
                          direction,
                          action,
                          Protocol.TCP,
                          List.of(),
                          List.of(own, new PortRange(10, 19)),
                          List.of(),
                          List.of(),
                          Optional.empty(),
                          Optional.empty(),
                          logging,
                          ""))));
        }
      }
    }
    for (Protocol protocol :
        List.of(Protocol.AH, Protocol.ESP, Protocol.GRE, Protocol.IGMP, Protocol.IPV6)) {
      groups.add(
          new RuleGroup(
              new Origin(Origin.Kind.POLICY, "protocol-" + protocol.text()),
              0,
              List.of(FirewallRule.allow("sort", Direction.IN).withPorts(protocol))));
    }
    return compile(groups);
  }

  /** So many rows of one policy, each for another IPv4 source, all to port 80. */
  public static List<FilterRow> many(int count) {
    return many(count, 80);
  }

  /** The same, but the one in the middle is for this port. */
  public static List<FilterRow> many(int count, int port) {
    return compile(
        List.of(
            new RuleGroup(
                new Origin(Origin.Kind.POLICY, "many"),
                0,
                IntStream.range(0, count)
                    .mapToObj(
                        i ->
                            FirewallRule.allow("r" + i, Direction.IN)
                                .withPorts(Protocol.TCP, PortRange.of(i == count / 2 ? port : 80))
                                .withFrom(
                                    Peer.of(
                                        IpPrefix.parse(
                                            "10.%d.%d.1/32".formatted(i / 250, i % 250)))))
                    .toList())));
  }

  /** Rows of one policy with these rules. */
  public static List<FilterRow> policy(FirewallRule... rules) {
    return compile(List.of(new RuleGroup(new Origin(Origin.Kind.POLICY, "p"), 0, List.of(rules))));
  }

  /** What the pod network lives on. */
  public static NetworkNeeds needs() {
    return new NetworkNeeds(
        Optional.of(new NetworkNeeds.Tunnel("tweed.1", 8472, false, Optional.empty())),
        "tweed-br0",
        Optional.of("eth0"),
        List.of("eth0"),
        List.of(IpAddress.parse("192.0.2.1")),
        List.of(IpPrefix.parse("10.244.0.0/16")));
  }

  /** The rules of {@link #lesson}. */
  static List<RuleGroup> groups() {
    PortRange api = PortRange.of(6443);
    return List.of(
        BuiltInRulesPlanner.plan("default", needs(), List.of(IpPrefix.parse("10.244.1.0/24"))),
        new RuleGroup(
            new Origin(Origin.Kind.POLICY, "control-plane"),
            100,
            List.of(
                FirewallRule.allow("api-from-pods", Direction.IN)
                    .withPorts(Protocol.ANY, api)
                    .withFrom(PODS),
                FirewallRule.allow("api-to-pods", Direction.OUT)
                    .withPorts(Protocol.ANY, api)
                    .withTo(PODS))));
  }

  private static List<FilterRow> compile(List<RuleGroup> groups) {
    CompiledRules compiled = RuleCompiler.compile(groups);
    if (!compiled.refused().isEmpty()) {
      throw new IllegalArgumentException(compiled.problems().toString());
    }
    return compiled.rows();
  }
}
