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
    List<PortRange> ports,
    List<Peer> from,
    List<Peer> to,
    Optional<String> interfaceIn,
    Optional<String> interfaceOut,
    Logging logging,
    String comment) {

  public FirewallRule {
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
        Optional.empty(),
        Optional.empty(),
        Logging.NONE,
        "");
  }

  /** The same with another action. */
  public FirewallRule withAction(Action action) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same for one protocol and these destination ports. */
  public FirewallRule withPorts(Protocol protocol, PortRange... ports) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        List.of(ports),
        from,
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same for these sources. */
  public FirewallRule withFrom(Peer... from) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        List.of(from),
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same for these destinations. */
  public FirewallRule withTo(Peer... to) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        List.of(to),
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same for packets that come in by a device. */
  public FirewallRule withInterfaceIn(String device) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        to,
        Optional.of(device),
        interfaceOut,
        logging,
        comment);
  }

  /** The same for packets that leave by a device. */
  public FirewallRule withInterfaceOut(String device) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        to,
        interfaceIn,
        Optional.of(device),
        logging,
        comment);
  }

  /** The same, logged. */
  public FirewallRule withLogging(Logging logging) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }

  /** The same with a note. */
  public FirewallRule withComment(String comment) {
    return new FirewallRule(
        name,
        direction,
        action,
        protocol,
        ports,
        from,
        to,
        interfaceIn,
        interfaceOut,
        logging,
        comment);
  }
}
