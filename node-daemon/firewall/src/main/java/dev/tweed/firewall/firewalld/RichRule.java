package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.Optional;

/**
 * A rule of firewalld's rich language (firewalld.richlanguage(5)), without its place among others.
 *
 * @param family of both addresses
 * @param source the prefix of length 0 is anywhere
 * @param destination likewise
 * @param element what else it asks for; the language has room for one thing
 * @param logged whether packets are logged before the verdict
 * @param verdict what happens to them
 */
record RichRule(
    AddressFamily family,
    IpPrefix source,
    IpPrefix destination,
    Optional<Element> element,
    boolean logged,
    RichAction verdict) {

  /**
   * The one thing a rule may ask for besides addresses.
   *
   * @param text its name and attributes as both spellings of the language have them: {@code port
   *     port="22" protocol="tcp"}
   */
  record Element(String text) {

    /** Packets of a protocol. */
    static Element protocol(Protocol protocol) {
      return new Element("protocol value=\"%s\"".formatted(protocol.text()));
    }

    /**
     * Messages of ICMP.
     *
     * @param name of the type, as firewalld has it for the family of the rule
     */
    static Element icmpType(String name) {
      return new Element("icmp-type name=\"%s\"".formatted(name));
    }

    /** Packets to one of some ports. */
    static Element toPort(PortRange ports, Protocol protocol) {
      return new Element("port" + port(ports, protocol));
    }

    /** Packets from one of some ports. */
    static Element fromPort(PortRange ports, Protocol protocol) {
      return new Element("source-port" + port(ports, protocol));
    }

    private static String port(PortRange ports, Protocol protocol) {
      return " port=\"%s\" protocol=\"%s\""
          .formatted(ports.toString().replace(':', '-'), protocol.text());
    }
  }

  /** What happens to a packet. */
  enum RichAction {
    ACCEPT("accept", "ALLOW"),
    DROP("drop", "DENY"),
    REJECT("reject", "REJECT"),
    /** As a host without a listener does. */
    RESET("reject type=\"tcp-reset\"", "REJECT");

    private final String text;
    private final String logged;

    RichAction(String text, String logged) {
      this.text = text;
      this.logged = logged;
    }

    /** As both spellings of the language have it. */
    String text() {
      return text;
    }

    /** As in the log. */
    String logged() {
      return logged;
    }
  }
}
