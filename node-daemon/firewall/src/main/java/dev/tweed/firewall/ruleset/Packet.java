package dev.tweed.firewall.ruleset;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

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

  /** One of which nothing else is known than that it is not on the loopback device. */
  public static Packet of(String hook, AddressFamily family, String protocol) {
    Optional<IpPrefix> any = Optional.empty();
    return new Packet(
        hook,
        family,
        Optional.empty(),
        Optional.empty(),
        List.of("lo"),
        any,
        any,
        protocol,
        OptionalInt.empty());
  }

  /** The same on these devices. */
  public Packet on(Optional<String> in, Optional<String> out) {
    return new Packet(hook, family, in, out, notOn, source, destination, protocol, port);
  }

  /** The same, where an unknown device is none of these either. */
  public Packet notOn(List<String> others) {
    List<String> all = Stream.concat(notOn.stream(), others.stream()).toList();
    return new Packet(hook, family, in, out, all, source, destination, protocol, port);
  }

  /** The same from and to these addresses. */
  public Packet between(Optional<IpPrefix> source, Optional<IpPrefix> destination) {
    return new Packet(hook, family, in, out, notOn, source, destination, protocol, port);
  }

  /** The same to this port. */
  public Packet to(OptionalInt port) {
    return new Packet(hook, family, in, out, notOn, source, destination, protocol, port);
  }
}
