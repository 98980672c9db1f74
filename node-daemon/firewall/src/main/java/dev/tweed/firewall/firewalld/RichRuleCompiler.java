package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.firewalld.RichRule.Element;
import dev.tweed.firewall.firewalld.RichRule.RichAction;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.BuiltInRulesPlanner;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Rows as rich rules: one for each port and protocol of a row. Pure. */
final class RichRuleCompiler {

  private static final IpPrefix LINK = IpPrefix.parse("fe80::/10");

  /** Files of /usr/lib/firewalld/icmptypes that stand for a type whole, by family and type. */
  private static final Map<AddressFamily, Map<Integer, String>> ICMP_TYPES =
      Map.of(
          AddressFamily.IPV4,
          Map.ofEntries(
              Map.entry(0, "echo-reply"),
              Map.entry(3, "destination-unreachable"),
              Map.entry(4, "source-quench"),
              Map.entry(5, "redirect"),
              Map.entry(8, "echo-request"),
              Map.entry(9, "router-advertisement"),
              Map.entry(10, "router-solicitation"),
              Map.entry(11, "time-exceeded"),
              Map.entry(12, "parameter-problem"),
              Map.entry(13, "timestamp-request"),
              Map.entry(14, "timestamp-reply")),
          AddressFamily.IPV6,
          Map.ofEntries(
              Map.entry(1, "destination-unreachable"),
              Map.entry(2, "packet-too-big"),
              Map.entry(3, "time-exceeded"),
              Map.entry(4, "parameter-problem"),
              Map.entry(128, "echo-request"),
              Map.entry(129, "echo-reply"),
              Map.entry(133, "router-solicitation"),
              Map.entry(134, "router-advertisement"),
              Map.entry(135, "neighbour-solicitation"),
              Map.entry(136, "neighbour-advertisement"),
              Map.entry(137, "redirect")));

  private RichRuleCompiler() {}

  /** Why the rich language has no words for a row; empty if it has. */
  static Optional<String> unsupported(FilterRow row) {
    if (row.action() == Action.LIMIT) {
      return Optional.of(
          "firewalld limits all sources together, and has no limit for each; use Allow, or Deny");
    }
    if (!row.sourcePorts().isEmpty() && !row.destinationPorts().isEmpty()) {
      return Optional.of(
          "a rule of firewalld has source ports or destination ports, not both; leave out one");
    }
    Optional<Integer> nameless =
        row.icmpTypes().stream()
            .filter(type -> !ICMP_TYPES.get(row.family()).containsKey(type))
            .findFirst();
    if (nameless.isPresent()) {
      return Optional.of(
          "firewalld has no name for ICMP type %d; leave it out of icmpTypes, or icmpTypes for all"
              .formatted(nameless.get()));
    }
    // What a network needs names the underlay's device too, and can do without.
    return row.origin().kind() == Origin.Kind.NETWORK
        ? Optional.empty()
        : Stream.of(row.interfaceIn(), row.interfaceOut())
            .flatMap(Optional::stream)
            .filter(device -> !DeviceZone.isTweeds(device))
            .findFirst()
            .map(
                device ->
                    "firewalld knows devices by their zones only, and Tweed has none for "
                        + device
                        + ", only for tweed.N and tweed-br0; leave the interface out, or put the"
                        + " rule into the zone of that device by firewall-cmd");
  }

  /**
   * A row as rules in order; not for rows that are unsupported. What was translated firewalld
   * accepts by itself, ahead of all rules; others need no row for that.
   */
  static List<RichRule> compile(FilterRow row) {
    if (BuiltInRulesPlanner.isForServices(row)) {
      return List.of();
    }
    return Stream.concat(
            exempt(row).stream(),
            row.protocols().stream().flatMap(protocol -> compile(row, protocol)))
        .toList();
  }

  /**
   * What a row of every protocol does not refuse, as on other firewalls: ICMP, without which IPv6
   * has no neighbours and no multicast (RFC 4890). The rich language has no word for "not", so it
   * is accepted before.
   */
  private static Optional<RichRule> exempt(FilterRow row) {
    return row.action().refuses()
            && row.protocol() == Protocol.ANY
            && !row.hasPorts()
            && row.direction().exemptsIcmp(row.family())
        ? Optional.of(
            new RichRule(
                row.family(),
                row.source(),
                row.destination(),
                Optional.of(Element.protocol(Protocol.icmp(row.family()))),
                false,
                RichAction.ACCEPT))
        : Optional.empty();
  }

  /**
   * What stands before all rows of packets to the node, where one of them might refuse it: answers
   * of DHCP servers to a broadcast or multicast, which conntrack takes for none.
   *
   * @param rows all there are
   */
  static List<RichRule> beforeIncoming(List<FilterRow> rows) {
    return Stream.of(AddressFamily.values())
        .filter(family -> rows.stream().anyMatch(row -> mayRefuseDhcp(row, family)))
        .map(RichRuleCompiler::dhcpAnswers)
        .toList();
  }

  private static RichRule dhcpAnswers(AddressFamily family) {
    IpPrefix both = family == AddressFamily.IPV4 ? IpPrefix.any(family) : LINK;
    Element port = Element.toPort(PortRange.of(dhcpClient(family)), Protocol.UDP);
    return new RichRule(family, both, both, Optional.of(port), false, RichAction.ACCEPT);
  }

  private static int dhcpClient(AddressFamily family) {
    return family == AddressFamily.IPV4 ? 68 : 546;
  }

  private static boolean mayRefuseDhcp(FilterRow row, AddressFamily family) {
    return row.direction() == Direction.IN
        && row.family() == family
        && row.action().refuses()
        && (row.protocol() == Protocol.ANY || row.protocol() == Protocol.UDP)
        && (row.destinationPorts().isEmpty()
            || row.destinationPorts().stream().anyMatch(p -> p.contains(dhcpClient(family))));
  }

  private static Stream<RichRule> compile(FilterRow row, Protocol protocol) {
    return elements(row, protocol)
        .map(
            element ->
                new RichRule(
                    row.family(),
                    row.source(),
                    row.destination(),
                    element,
                    row.logging() != Logging.NONE,
                    verdict(row.action(), protocol)));
  }

  private static Stream<Optional<Element>> elements(FilterRow row, Protocol protocol) {
    if (!row.hasPorts() && row.icmpTypes().isEmpty()) {
      return Stream.of(
          protocol == Protocol.ANY ? Optional.empty() : Optional.of(Element.protocol(protocol)));
    }
    Stream<Element> ports =
        Stream.concat(
            row.destinationPorts().stream().map(range -> Element.toPort(range, protocol)),
            row.sourcePorts().stream().map(range -> Element.fromPort(range, protocol)));
    Stream<Element> types =
        row.icmpTypes().stream()
            .map(type -> Element.icmpType(ICMP_TYPES.get(row.family()).get(type)));
    return Stream.concat(ports, types).map(Optional::of);
  }

  private static RichAction verdict(Action action, Protocol protocol) {
    return switch (action) {
      case ALLOW -> RichAction.ACCEPT;
      case DENY -> RichAction.DROP;
      case REJECT -> protocol == Protocol.TCP ? RichAction.RESET : RichAction.REJECT;
      case LIMIT -> throw new IllegalArgumentException("firewalld has no limit for each source");
    };
  }
}
