package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.firewalld.RichRule.Element;
import dev.tweed.firewall.firewalld.RichRule.Everything;
import dev.tweed.firewall.firewalld.RichRule.FromPort;
import dev.tweed.firewall.firewalld.RichRule.OfIcmpType;
import dev.tweed.firewall.firewalld.RichRule.OfProtocol;
import dev.tweed.firewall.firewalld.RichRule.RichAction;
import dev.tweed.firewall.firewalld.RichRule.ToPort;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Rich rules in firewalld's two spellings, each as firewalld itself writes it. Every part is an
 * address, a number or a constant; names and notes of people are in none.
 */
final class RichRuleRenderer {

  private static final String RATE = "3/m";

  private RichRuleRenderer() {}

  /** Such as {@code rule priority="-5" family="ipv4" source address="10.0.0.0/8" accept}. */
  static String text(int priority, RichRule rule) {
    StringBuilder text = new StringBuilder("rule priority=\"" + priority + "\"");
    text.append(" family=\"").append(family(rule)).append('"');
    if (isGiven(rule.source())) {
      text.append(" source address=\"").append(rule.source()).append('"');
    }
    if (isGiven(rule.destination())) {
      text.append(" destination address=\"").append(rule.destination()).append('"');
    }
    if (!(rule.match() instanceof Everything)) {
      text.append(' ').append(element(rule.match())).append(words(attributes(rule.match())));
    }
    if (rule.logged()) {
      text.append(
          " log prefix=\"%s\" level=\"info\" limit value=\"%s\"".formatted(log(rule), RATE));
    }
    text.append(' ').append(verdict(rule.verdict()));
    if (rule.verdict() == RichAction.RESET) {
      text.append(" type=\"tcp-reset\"");
    }
    return text.toString();
  }

  /** The same as an element of a policy's file, with the line ends. */
  static String xml(int priority, RichRule rule) {
    StringBuilder xml = new StringBuilder();
    xml.append("  <rule family=\"%s\" priority=\"%d\">\n".formatted(family(rule), priority));
    if (isGiven(rule.source())) {
      xml.append("    <source address=\"%s\"/>\n".formatted(rule.source()));
    }
    if (isGiven(rule.destination())) {
      xml.append("    <destination address=\"%s\"/>\n".formatted(rule.destination()));
    }
    if (!(rule.match() instanceof Everything)) {
      xml.append("    <%s%s/>\n".formatted(element(rule.match()), words(attributes(rule.match()))));
    }
    if (rule.logged()) {
      xml.append("    <log prefix=\"%s\" level=\"info\">\n".formatted(log(rule)));
      xml.append("      <limit value=\"%s\"/>\n    </log>\n".formatted(RATE));
    }
    String type = rule.verdict() == RichAction.RESET ? " type=\"tcp-reset\"" : "";
    xml.append("    <%s%s/>\n  </rule>\n".formatted(verdict(rule.verdict()), type));
    return xml.toString();
  }

  private static boolean isGiven(IpPrefix prefix) {
    return prefix.length() > 0;
  }

  private static String family(RichRule rule) {
    return rule.family() == AddressFamily.IPV4 ? "ipv4" : "ipv6";
  }

  private static String element(Element match) {
    return switch (match) {
      case Everything() -> "";
      case OfProtocol ignored -> "protocol";
      case OfIcmpType ignored -> "icmp-type";
      case ToPort ignored -> "port";
      case FromPort ignored -> "source-port";
    };
  }

  private static Map<String, String> attributes(Element match) {
    return switch (match) {
      case Everything() -> Map.of();
      case OfProtocol(String protocol) -> Map.of("value", protocol);
      case OfIcmpType(String name) -> Map.of("name", name);
      case ToPort(PortRange ports, String protocol) -> port(ports, protocol);
      case FromPort(PortRange ports, String protocol) -> port(ports, protocol);
    };
  }

  private static Map<String, String> port(PortRange ports, String protocol) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put(
        "port", ports.isSingle() ? "" + ports.first() : ports.first() + "-" + ports.last());
    attributes.put("protocol", protocol);
    return attributes;
  }

  private static String words(Map<String, String> attributes) {
    return attributes.entrySet().stream()
        .map(entry -> " %s=\"%s\"".formatted(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining());
  }

  private static String log(RichRule rule) {
    return switch (rule.verdict()) {
      case ACCEPT -> "[TWEED ALLOW] ";
      case DROP -> "[TWEED DENY] ";
      case REJECT, RESET -> "[TWEED REJECT] ";
    };
  }

  private static String verdict(RichAction verdict) {
    return switch (verdict) {
      case ACCEPT -> "accept";
      case DROP -> "drop";
      case REJECT, RESET -> "reject";
    };
  }
}
