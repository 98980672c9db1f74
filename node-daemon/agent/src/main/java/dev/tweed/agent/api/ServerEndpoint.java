package dev.tweed.agent.api;

import dev.tweed.ip.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/**
 * An address of the API server's own, as opposed to one that leads there (a Service, a load
 * balancer).
 *
 * @param address one that {@link #isUsable}
 * @param port 1 to 65535
 */
public record ServerEndpoint(IpAddress address, int port) {

  private static final int PORT_MAX = 65_535;

  /** ::ffff:0:0/96, which sockets take for the IPv4 address inside (RFC 4291, 2.5.5.2). */
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  public ServerEndpoint {
    if (!isUsable(address) || !isPort(port)) {
      throw new IllegalArgumentException(
          address + " port " + port + " is not where an API server of another host can be");
    }
  }

  /** Reads text of unknown origin; empty if no API server of another host can be there. */
  public static Optional<ServerEndpoint> of(String address, int port) {
    return IpAddress.tryParse(address)
        .filter(ServerEndpoint::isUsable)
        .filter(a -> isPort(port))
        .map(a -> new ServerEndpoint(a, port));
  }

  /** Whether it is a port. */
  static boolean isPort(int port) {
    return port > 0 && port <= PORT_MAX;
  }

  /**
   * Whether an address means the same host to everybody. Whoever may write the list of addresses
   * must not have the daemon connect to what listens on this host only, or to a cloud's metadata.
   */
  private static boolean isUsable(IpAddress address) {
    byte[] bytes = address.toBytes();
    return !address.isUnspecified()
        && !address.isLoopback()
        && !address.isLinkLocal()
        && !address.isMulticast()
        && !(bytes.length > MAPPED.length
            && Arrays.equals(bytes, 0, MAPPED.length, MAPPED, 0, MAPPED.length));
  }

  /** To connect to. */
  InetSocketAddress socketAddress() {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(address.toBytes()), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }
}
