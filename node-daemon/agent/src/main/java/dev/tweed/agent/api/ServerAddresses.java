package dev.tweed.agent.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Where to connect to. Whatever the address, the certificate found there has to be for the host of
 * the {@link ServerLocation}, and nothing is sent before that is known.
 */
@FunctionalInterface
public interface ServerAddresses {

  /**
   * The addresses to try, in this order; asked for each new connection.
   *
   * @throws IOException when none is known now, such as a name that cannot be resolved
   */
  List<InetSocketAddress> candidates() throws IOException;

  /** Told of the one that answered as the API server. */
  default void connected(InetSocketAddress address) {}

  /** The addresses of the host. */
  static ServerAddresses of(ServerLocation server) {
    return () ->
        Arrays.stream(InetAddress.getAllByName(server.host()))
            .map(address -> new InetSocketAddress(address, server.port()))
            .toList();
  }
}
