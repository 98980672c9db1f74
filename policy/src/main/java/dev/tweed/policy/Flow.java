package dev.tweed.policy;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A connection as policies see it: who opened it and who answers. Addresses of Services do not
 * occur, and neither do those that masquerading puts in: conntrack knows both ends.
 *
 * @param source who opened it ({@code ct original saddr})
 * @param destination who answers ({@code ct reply saddr})
 * @param protocol empty for one without ports, such as ICMP
 * @param port at the end that answers ({@code ct reply proto-src}); 0 without a protocol
 */
public record Flow(IpAddress source, IpAddress destination, Optional<Protocol> protocol, int port) {
  public Flow {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(protocol, "protocol");
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("a port is 0..65535, not " + port);
    }
  }

  /** A connection to a port. */
  public static Flow of(IpAddress source, IpAddress destination, Protocol protocol, int port) {
    return new Flow(source, destination, Optional.of(protocol), port);
  }

  /** One of a protocol without ports. */
  public static Flow withoutPorts(IpAddress source, IpAddress destination) {
    return new Flow(source, destination, Optional.empty(), 0);
  }

  /** The end that is not the selected pod. */
  public IpAddress peer(Direction direction) {
    return direction == Direction.INGRESS ? source : destination;
  }

  /** The end that the policies of a direction select. */
  public IpAddress subject(Direction direction) {
    return direction == Direction.INGRESS ? destination : source;
  }

  boolean isOf(Protocol other) {
    return protocol.isPresent() && protocol.get() == other;
  }

  boolean isTo(Protocol other, int number) {
    return isOf(other) && port == number;
  }
}
