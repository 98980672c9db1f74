package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.firewalld.RichRule.Element;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Rich rules in firewalld's two spellings, each as firewalld itself writes it. Every part is an
 * address, a number or a constant; names and notes of people are in none.
 */
final class RichRuleRenderer {

  private static final String LOG = "log prefix=\"[TWEED %s] \" level=\"info\"";
  private static final String LIMIT = "limit value=\"3/m\"";

  private RichRuleRenderer() {}

  /** Such as {@code rule priority="-5" family="ipv4" source address="10.0.0.0/8" accept}. */
  static String text(int priority, RichRule rule) {
    return "rule priority=\"%d\" %s".formatted(priority, body(rule));
  }

  /** What comes after the priority. */
  static String body(RichRule rule) {
    StringBuilder text = new StringBuilder("family=\"%s\"".formatted(family(rule)));
    conditions(rule).forEach(condition -> text.append(' ').append(condition));
    if (rule.logged()) {
      text.append(' ').append(log(rule)).append(' ').append(LIMIT);
    }
    return text.append(' ').append(rule.verdict().text()).toString();
  }

  /** The same as an element of a policy's file, with the line ends. */
  static String xml(int priority, RichRule rule) {
    StringBuilder xml = new StringBuilder();
    xml.append("  <rule family=\"%s\" priority=\"%d\">\n".formatted(family(rule), priority));
    conditions(rule).forEach(condition -> xml.append("    <%s/>\n".formatted(condition)));
    if (rule.logged()) {
      xml.append("    <%s>\n      <%s/>\n    </log>\n".formatted(log(rule), LIMIT));
    }
    return xml.append("    <%s/>\n  </rule>\n".formatted(rule.verdict().text())).toString();
  }

  private static List<String> conditions(RichRule rule) {
    return Stream.of(
            address("source", rule.source()),
            address("destination", rule.destination()),
            rule.element().map(Element::text))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> address(String side, IpPrefix prefix) {
    return prefix.length() == 0
        ? Optional.empty()
        : Optional.of("%s address=\"%s\"".formatted(side, prefix));
  }

  private static String family(RichRule rule) {
    return rule.family() == AddressFamily.IPV4 ? "ipv4" : "ipv6";
  }

  private static String log(RichRule rule) {
    return LOG.formatted(rule.verdict().logged());
  }
}
