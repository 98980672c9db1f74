package dev.tweed.policy;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The ports one entry of a rule matches, at the end that answers. */
public sealed interface PortMatch {

  /** Whether the entry needs the named ports of the pod that answers. */
  default boolean isNamed() {
    return this instanceof Named;
  }

  /**
   * Whether a connection is to such a port.
   *
   * @param flow the connection
   * @param named the named ports of the pod that answers; empty where no pod does
   */
  default boolean matches(Flow flow, List<NamedPort> named) {
    return switch (this) {
      case Range range ->
          flow.isOf(range.protocol) && range.first <= flow.port() && flow.port() <= range.last;
      case Named name ->
          named.stream().anyMatch(p -> name.means(p) && flow.isTo(p.protocol(), p.number()));
    };
  }

  /** Every port of a protocol. */
  static PortMatch all(Protocol protocol) {
    return new Range(protocol, 0, 65535);
  }

  /** One port. */
  static PortMatch one(Protocol protocol, int port) {
    return new Range(protocol, port, port);
  }

  /**
   * Ports by number.
   *
   * @param protocol TCP never means SCTP
   * @param first 0 to 65535
   * @param last not smaller than first, inclusive
   */
  record Range(Protocol protocol, int first, int last) implements PortMatch {
    public Range {
      Objects.requireNonNull(protocol, "protocol");
      if (first < 0 || last > 65535 || first > last) {
        throw new IllegalArgumentException(
            "ports are a range in 0..65535, not " + first + ".." + last);
      }
    }
  }

  /**
   * The ports that the answering pod's containers call so. They differ from pod to pod, and a pod
   * may have several, or none, which matches nothing.
   *
   * @param protocol that the container's port must have; empty is any
   * @param name of the container's port
   */
  record Named(Optional<Protocol> protocol, String name) implements PortMatch {
    public Named {
      Objects.requireNonNull(protocol, "protocol");
      if (name.isEmpty()) {
        throw new IllegalArgumentException("the name of a port is empty");
      }
    }

    /** Whether it is this port that is meant. */
    public boolean means(NamedPort port) {
      return port.name().equals(name) && protocol.map(port.protocol()::equals).orElse(true);
    }
  }
}
