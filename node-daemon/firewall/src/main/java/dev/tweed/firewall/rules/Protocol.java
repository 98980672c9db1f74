package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import java.util.Set;

/** What IP carries, as far as rules ask for it. */
public enum Protocol {
  /** Any; with ports it is TCP and UDP. */
  ANY("any", true, AddressFamily.values()),
  TCP("tcp", true, AddressFamily.values()),
  UDP("udp", true, AddressFamily.values()),
  SCTP("sctp", true, AddressFamily.values()),
  ICMP("icmp", false, AddressFamily.IPV4),
  ICMPV6("ipv6-icmp", false, AddressFamily.IPV6),
  AH("ah", false, AddressFamily.values()),
  ESP("esp", false, AddressFamily.values()),
  GRE("gre", false, AddressFamily.values()),
  IGMP("igmp", false, AddressFamily.IPV4),
  /** IPv6 carried in IPv4, protocol 41. */
  IPV6("ipv6", false, AddressFamily.IPV4);

  private final String text;
  private final boolean ports;
  private final Set<AddressFamily> families;

  Protocol(String text, boolean ports, AddressFamily... families) {
    this.text = text;
    this.ports = ports;
    this.families = Set.of(families);
  }

  /** As ufw, iptables and /etc/protocols spell it. */
  public String text() {
    return text;
  }

  /** Whether it has ports. */
  public boolean hasPorts() {
    return ports;
  }

  /** Whether packets of the family carry it. */
  public boolean isIn(AddressFamily family) {
    return families.contains(family);
  }

  /** Whether it is ICMP of either family, which has types. */
  public boolean isIcmp() {
    return this == ICMP || this == ICMPV6;
  }

  /** ICMP of a family. */
  static Protocol icmp(AddressFamily family) {
    return family == AddressFamily.IPV4 ? ICMP : ICMPV6;
  }
}
