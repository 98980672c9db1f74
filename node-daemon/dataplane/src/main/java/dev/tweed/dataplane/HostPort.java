package dev.tweed.dataplane;

import dev.tweed.ip.IpAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A port of this node that leads to one of a pod ({@code hostPort} of its container).
 *
 * @param pod address of the pod
 * @param podPort 1..65535
 * @param protocol above IP
 * @param port of the node, 1..65535
 * @param address of the node, of the pod's family; empty for all
 */
public record HostPort(
    IpAddress pod, int podPort, Protocol protocol, int port, Optional<IpAddress> address) {

  /** Which have ports, and are known to Kubernetes. */
  public enum Protocol {
    TCP(6),
    UDP(17),
    SCTP(132);

    private final int number;

    Protocol(int number) {
      this.number = number;
    }

    /** Its number above IP. */
    public int number() {
      return number;
    }
  }

  /** Refuses what is no port, and an address of another family. */
  public HostPort {
    Objects.requireNonNull(pod, "pod");
    Objects.requireNonNull(protocol, "protocol");
    Objects.requireNonNull(address, "address");
    if (podPort < 1 || podPort > 65535 || port < 1 || port > 65535) {
      throw new IllegalArgumentException("a port is 1..65535, not " + podPort + " or " + port);
    }
    if (address.filter(own -> own.family() != pod.family()).isPresent()) {
      throw new IllegalArgumentException(address.get() + " is of another family than " + pod);
    }
  }
}
