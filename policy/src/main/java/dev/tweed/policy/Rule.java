package dev.tweed.policy;

import java.util.List;
import java.util.Objects;

/**
 * A compiled rule: who, and to which ports.
 *
 * @param index of the rule in its policy's list that this is of; several may be of one
 * @param action in a NetworkPolicy always {@link Action#ACCEPT}
 * @param everyPort whether ports do not matter, nor whether the protocol has any
 * @param ports otherwise: any of these; nothing at all is none
 * @param peers whom it is about
 */
public record Rule(
    int index, Action action, boolean everyPort, List<PortMatch> ports, Peers peers) {
  public Rule {
    Objects.requireNonNull(action, "action");
    ports = List.copyOf(ports);
    Objects.requireNonNull(peers, "peers");
    if (everyPort && !ports.isEmpty()) {
      throw new IllegalArgumentException("rule " + index + " is for every port and names some");
    }
  }

  /** One for every port and protocol. */
  public static Rule of(int index, Action action, Peers peers) {
    return new Rule(index, action, true, List.of(), peers);
  }

  /** One for ports. */
  public static Rule of(int index, Action action, Peers peers, PortMatch... ports) {
    return new Rule(index, action, false, List.of(ports), peers);
  }
}
