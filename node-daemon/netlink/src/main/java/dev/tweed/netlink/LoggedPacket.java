package dev.tweed.netlink;

import dev.tweed.ip.IpAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A packet that a rule has logged. What is of the packet itself is whatever its sender wrote.
 *
 * @param prefix of the rule that logged it
 * @param hook of netfilter it was seen at (NF_INET_*): 1 input, 2 forward, 3 output
 * @param inputIndex of the device it came by; 0 is none
 * @param outputIndex of the device it leaves by; 0 is none
 * @param header empty if it is no whole header of IPv4 or IPv6
 */
public record LoggedPacket(
    String prefix, int hook, int inputIndex, int outputIndex, Optional<Header> header) {

  /**
   * Its first bytes.
   *
   * @param protocol what it carries (IPPROTO_*); with IPv6 the first header after its own
   * @param sourcePort of TCP, UDP and SCTP; empty in fragments but the first
   * @param destinationPort likewise
   */
  public record Header(
      IpAddress source,
      IpAddress destination,
      int protocol,
      OptionalInt sourcePort,
      OptionalInt destinationPort) {}
}
