package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Optional;

/**
 * A rule as a person means it, with all names resolved to addresses. Not checked yet: {@link
 * RuleCompiler} does that and tells what is wrong.
 *
 * @param name unique among the rules of its origin
 * @param direction which way the packets go
 * @param action what happens to them
 * @param protocol {@link Protocol#ANY} if none is asked for
 * @param icmpTypes of messages of ICMP or ICMPv6; empty is any
 * @param ports destination ports; empty is any
 * @param from sources, any of them; empty is anywhere
 * @param to destinations, any of them; empty is anywhere
 * @param interfaceIn only packets that come in by it
 * @param interfaceOut only packets that leave by it
 * @param logging which of them are logged
 * @param comment a note for people; may be empty
 */
public record FirewallRule(
    String name,
    Direction direction,
    Action action,
    Protocol protocol,
    List<Integer> icmpTypes,
    List<PortRange> ports,
    List<Peer> from,
    List<Peer> to,
    Optional<String> interfaceIn,
    Optional<String> interfaceOut,
    Logging logging,
    String comment) {

  public FirewallRule {
    icmpTypes = List.copyOf(icmpTypes);
    ports = List.copyOf(ports);
    from = List.copyOf(from);
    to = List.copyOf(to);
  }

  /** Allows everything that goes that way; to be narrowed by the methods below. */
  public static FirewallRule allow(String name, Direction direction) {
    return new FirewallRule(
        name,
        direction,
        Action.ALLOW,
        Protocol.ANY,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Logging.NONE,
        "");
  }

  /** The same by another name. */
  public FirewallRule withName(String name) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        icmpTypes,
        ports,
        from,
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same with another action. */
  public FirewallRule withAction(Action action) {
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  /** The same for one protocol and these destination ports. */
  public FirewallRule withPorts(Protocol protocol, PortRange... of) {
    List<PortRange> ports = List.of(of);
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  /** The same for these sources. */
  public FirewallRule withFrom(Peer... of) {
    List<Peer> from = List.of(of);
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  /** The same for these destinations. */
  public FirewallRule withTo(Peer... of) {
    List<Peer> to = List.of(of);
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  /** The same for packets that come in by a device. */
  public FirewallRule withInterfaceIn(String device) {
    Optional<String> in = Optional.of(device);
    return with(action, protocol, ports, from, to, in, interfaceOut, logging, comment);
  }

  /** The same for packets that leave by a device. */
  public FirewallRule withInterfaceOut(String device) {
    Optional<String> out = Optional.of(device);
    return with(action, protocol, ports, from, to, interfaceIn, out, logging, comment);
  }

  /** The same, logged. */
  public FirewallRule withLogging(Logging logging) {
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  /** The same with a note. */
  public FirewallRule withComment(String comment) {
    return with(action, protocol, ports, from, to, interfaceIn, interfaceOut, logging, comment);
  }

  private FirewallRule with(
      Action action,
      Protocol protocol,
      List<PortRange> ports,
      List<Peer> from,
      List<Peer> to,
      Optional<String> in,
      Optional<String> out,
      Logging logging,
      String comment) {
    return new FirewallRule(
        name, direction, action, protocol, icmpTypes, ports, from, to, in, out, logging, comment);
  }
}
