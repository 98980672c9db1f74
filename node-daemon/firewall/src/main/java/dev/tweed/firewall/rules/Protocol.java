package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import java.util.Set;

/** What IP carries, as far as rules ask for it. */
public enum Protocol {
  /** Any; with ports it is TCP and UDP. */
  ANY("any", 0, true, AddressFamily.values()),
  TCP("tcp", 6, true, AddressFamily.values()),
  UDP("udp", 17, true, AddressFamily.values()),
  SCTP("sctp", 132, true, AddressFamily.values()),
  ICMP("icmp", 1, false, AddressFamily.IPV4),
  ICMPV6("ipv6-icmp", 58, false, AddressFamily.IPV6),
  AH("ah", 51, false, AddressFamily.values()),
  ESP("esp", 50, false, AddressFamily.values()),
  GRE("gre", 47, false, AddressFamily.values()),
  IGMP("igmp", 2, false, AddressFamily.IPV4),
  /** IPv6 carried in IPv4, protocol 41. */
  IPV6("ipv6", 41, false, AddressFamily.IPV4);

  private final String text;
  private final int number;
  private final boolean ports;
  private final Set<AddressFamily> families;

  Protocol(String text, int number, boolean ports, AddressFamily... families) {
    this.text = text;
    this.number = number;
    this.ports = ports;
    this.families = Set.of(families);
  }

  /** As ufw, iptables and /etc/protocols spell it. */
  public String text() {
    return text;
  }

  /** As in the header of a packet; 0 for any. */
  public int number() {
    return number;
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
  public static Protocol icmp(AddressFamily family) {
    return family == AddressFamily.IPV4 ? ICMP : ICMPV6;
  }
}
