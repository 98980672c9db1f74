package dev.tweed.firewall.rules;

import dev.tweed.ip.AddressFamily;
import java.util.Locale;

/** Which way a packet goes as seen from the host. */
public enum Direction {
  /** To the host itself. */
  IN("input"),
  /** From the host itself. */
  OUT("output"),
  /** Through the host, as pods' packets are. */
  ROUTED("forward");

  private final String hook;

  Direction(String hook) {
    this.hook = hook;
  }

  /** For people, and in names. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether a row of no protocol lets ICMP pass although it refuses, as ufw does: without, IPv6 has
   * no neighbours (RFC 4890), and nothing that IPv4 lives on leaves a host as ICMP.
   */
  public boolean exemptsIcmp(AddressFamily family) {
    return this != OUT || family == AddressFamily.IPV6;
  }

  /** The hook of netfilter that such packets come by. */
  public String hook() {
    return hook;
  }
}
