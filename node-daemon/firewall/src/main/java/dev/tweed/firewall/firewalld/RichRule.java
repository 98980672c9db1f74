package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.rules.PortRange;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;

/**
 * A rule of firewalld's rich language (firewalld.richlanguage(5)), without its place among others.
 *
 * @param family of both addresses
 * @param source the prefix of length 0 is anywhere
 * @param destination likewise
 * @param match what else; the language has room for one thing
 * @param logged whether packets are logged before the verdict
 * @param verdict what happens to them
 */
record RichRule(
    AddressFamily family,
    IpPrefix source,
    IpPrefix destination,
    Element match,
    boolean logged,
    RichAction verdict) {

  /** The one thing a rule may ask for besides addresses. */
  sealed interface Element {}

  /** Every packet. */
  record Everything() implements Element {}

  /**
   * Packets of a protocol.
   *
   * @param protocol name in /etc/protocols
   */
  record OfProtocol(String protocol) implements Element {}

  /**
   * Messages of ICMP.
   *
   * @param name of the type, as firewalld has it for the family of the rule
   */
  record OfIcmpType(String name) implements Element {}

  /**
   * Packets to a port.
   *
   * @param ports one or a range
   * @param protocol tcp, udp or sctp
   */
  record ToPort(PortRange ports, String protocol) implements Element {}

  /**
   * Packets from a port.
   *
   * @param ports one or a range
   * @param protocol tcp, udp or sctp
   */
  record FromPort(PortRange ports, String protocol) implements Element {}

  /** What happens to a packet. */
  enum RichAction {
    ACCEPT,
    DROP,
    REJECT,
    /** As a host without a listener does. */
    RESET
  }
}
