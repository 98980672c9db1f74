package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

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

  /** The same by another name. */
  public FirewallRule withName(String name) {
    return with(draft -> draft.name = name);
  }

  /** The same with another action. */
  public FirewallRule withAction(Action action) {
    return with(draft -> draft.action = action);
  }

  /** The same for one protocol and these destination ports. */
  public FirewallRule withPorts(Protocol protocol, PortRange... ports) {
    return with(
        draft -> {
          draft.protocol = protocol;
          draft.ports = List.of(ports);
        });
  }

  /** The same for these sources. */
  public FirewallRule withFrom(Peer... from) {
    return with(draft -> draft.from = List.of(from));
  }

  /** The same for these destinations. */
  public FirewallRule withTo(Peer... to) {
    return with(draft -> draft.to = List.of(to));
  }

  /** The same for packets that come in by a device. */
  public FirewallRule withInterfaceIn(String device) {
    return with(draft -> draft.interfaceIn = Optional.of(device));
  }

  /** The same for packets that leave by a device. */
  public FirewallRule withInterfaceOut(String device) {
    return with(draft -> draft.interfaceOut = Optional.of(device));
  }

  /** The same, logged. */
  public FirewallRule withLogging(Logging logging) {
    return with(draft -> draft.logging = logging);
  }

  /** The same with a note. */
  public FirewallRule withComment(String comment) {
    return with(draft -> draft.comment = comment);
  }

  private FirewallRule with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.rule();
  }

  /** A rule that is being narrowed; what may change of it. */
  private static final class Draft {
    private final Direction direction;
    private String name;
    private Action action;
    private Protocol protocol;
    private List<PortRange> ports;
    private List<Peer> from;
    private List<Peer> to;
    private Optional<String> interfaceIn;
    private Optional<String> interfaceOut;
    private Logging logging;
    private String comment;

    Draft(FirewallRule rule) {
      direction = rule.direction;
      name = rule.name;
      action = rule.action;
      protocol = rule.protocol;
      ports = rule.ports;
      from = rule.from;
      to = rule.to;
      interfaceIn = rule.interfaceIn;
      interfaceOut = rule.interfaceOut;
      logging = rule.logging;
      comment = rule.comment;
    }

    FirewallRule rule() {
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
}
