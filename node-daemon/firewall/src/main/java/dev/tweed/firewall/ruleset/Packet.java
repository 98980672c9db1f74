package dev.tweed.firewall.ruleset;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The first packet of a new flow. What is empty is unknown.
 *
 * @param hook {@code input}, {@code forward} or {@code output}
 * @param family of its addresses
 * @param in device it comes in by
 * @param out device it leaves by
 * @param notOn devices an unknown device is certainly not
 * @param source range of its source
 * @param destination range of its destination
 * @param protocol {@code tcp} or {@code udp}
 * @param port destination port
 */
public record Packet(
    String hook,
    AddressFamily family,
    Optional<String> in,
    Optional<String> out,
    List<String> notOn,
    Optional<IpPrefix> source,
    Optional<IpPrefix> destination,
    String protocol,
    OptionalInt port) {
  public Packet {
    notOn = List.copyOf(notOn);
  }
}
