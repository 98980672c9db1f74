package dev.tweed.firewall.rules;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rules in words, separated by semicolons, such as {@code allow in tcp 22 from 10.0.0.0/8 on eth0;
 * deny in icmp type 8,13; deny in}. A rule is named by its number, from 1.
 */
final class RuleLines {

  private RuleLines() {}

  static List<FirewallRule> parse(String text) {
    List<FirewallRule> rules = new ArrayList<>();
    for (String line : text.split(";")) {
      rules.add(rule("r" + (rules.size() + 1), line.strip().split(" +")));
    }
    return rules;
  }

  /** Rows of one policy. */
  static List<FilterRow> rows(Origin origin, String text) {
    return RuleCompiler.compile(List.of(new RuleGroup(origin, 0, parse(text)))).rows();
  }

  private static PortRange ports(String text) {
    String[] ends = text.split(":");
    return new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
  }

  private static FirewallRule withTypes(FirewallRule rule, String types) {
    return new FirewallRule(
        rule.name(),
        rule.direction(),
        rule.action(),
        rule.protocol(),
        Stream.of(types.split(",")).map(Integer::valueOf).toList(),
        rule.ports(),
        rule.from(),
        rule.to(),
        rule.interfaceIn(),
        rule.interfaceOut(),
        rule.logging(),
        rule.comment());
  }

  private static FirewallRule rule(String name, String[] words) {
    Direction direction = Direction.valueOf(words[1].toUpperCase());
    FirewallRule rule =
        FirewallRule.allow(name, direction).withAction(Action.valueOf(words[0].toUpperCase()));
    int at = 2;
    Protocol protocol = Protocol.ANY;
    if (at < words.length && List.of("tcp", "udp", "sctp", "icmp", "icmpv6").contains(words[at])) {
      protocol = Protocol.valueOf(words[at++].toUpperCase());
    }
    List<PortRange> ports = new ArrayList<>();
    if (at < words.length && words[at].matches("[0-9:,]+")) {
      Stream.of(words[at++].split(",")).map(RuleLines::ports).forEach(ports::add);
    }
    rule = rule.withPorts(protocol, ports.toArray(PortRange[]::new));
    for (; at < words.length; at += 2) {
      String value = words[at + 1];
      rule =
          switch (words[at]) {
            case "from" -> rule.withFrom(Peer.of(prefix(value)));
            case "to" -> rule.withTo(Peer.of(prefix(value)));
            case "sport" -> rule.withFrom(new Peer(Peer.anywhere(), List.of(ports(value))));
            case "type" -> withTypes(rule, value);
            case "on" ->
                direction == Direction.OUT
                    ? rule.withInterfaceOut(value)
                    : rule.withInterfaceIn(value);
            case "out" -> rule.withInterfaceOut(value);
            default -> throw new IllegalArgumentException(words[at]);
          };
    }
    return rule;
  }

  private static IpPrefix prefix(String text) {
    return IpPrefix.tryParse(text).orElseGet(() -> IpPrefix.host(IpAddress.parse(text)));
  }
}
