package dev.tweed.agent.command;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;

/** Rows for tests of texts. */
final class FirewallRows {

  static final FilterRow TUNNEL =
      row(Origin.Kind.NETWORK, "default", "tunnel-port-in", "0.0.0.0/0", Protocol.UDP, "8472");
  static final FilterRow API =
      row(Origin.Kind.POLICY, "api", "from-pods", "10.244.0.0/16", Protocol.TCP, "6443");
  static final FilterRow SSH =
      row(Origin.Kind.POLICY, "admin", "ssh", "198.51.100.7/32", Protocol.TCP, "22");

  static final FilterRow NODE_PORT =
      row(Action.DENY, Origin.Kind.POLICY, "closed", "ports", "0.0.0.0/0", Protocol.TCP, "30080");

  private FirewallRows() {}

  private static FilterRow row(
      Origin.Kind kind, String origin, String rule, String from, Protocol protocol, String port) {
    return row(Action.ALLOW, kind, origin, rule, from, protocol, port);
  }

  private static FilterRow row(
      Action action,
      Origin.Kind kind,
      String origin,
      String rule,
      String from,
      Protocol protocol,
      String port) {
    return new FilterRow(
        IpPrefix.parse(from).family(),
        Direction.IN,
        action,
        protocol,
        List.of(),
        IpPrefix.parse("0.0.0.0/0"),
        List.of(PortRange.of(Integer.parseInt(port))),
        IpPrefix.parse(from),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Logging.NONE,
        new Origin(kind, origin),
        rule,
        "");
  }
}
