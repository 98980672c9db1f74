package dev.tweed.firewall.rules;

/** The protocols ufw knows (ufw(8), "RULE SYNTAX"). */
public enum Protocol {
  /** Any; with ports it is TCP and UDP. */
  ANY("any", true, true),
  TCP("tcp", true, true),
  UDP("udp", true, true),
  AH("ah", false, true),
  ESP("esp", false, true),
  GRE("gre", false, true),
  IGMP("igmp", false, false),
  /** IPv6 carried in IPv4, protocol 41. */
  IPV6("ipv6", false, false);

  private final String text;
  private final boolean ports;
  private final boolean inIpv6;

  Protocol(String text, boolean ports, boolean inIpv6) {
    this.text = text;
    this.ports = ports;
    this.inIpv6 = inIpv6;
  }

  /** As ufw and iptables spell it. */
  public String text() {
    return text;
  }

  /** Whether it has ports. */
  public boolean hasPorts() {
    return ports;
  }

  /** Whether it is carried by IPv6 too. */
  public boolean isInIpv6() {
    return inIpv6;
  }
}
