package dev.tweed.agent.firewall;

import dev.tweed.firewall.rules.ProtectedFlowsPlanner.Server;
import dev.tweed.ip.IpAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds where the URL of an API server leads. */
public final class ServerResolver {
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  private ServerResolver() {}

  /**
   * Each address of its host, which is looked up if it is a name; none if that is not known now.
   */
  public static List<Server> resolve(URI url) {
    int port = url.getPort() > 0 ? url.getPort() : "http".equals(url.getScheme()) ? HTTP : HTTPS;
    String host = url.getHost() == null ? "" : url.getHost().replaceAll("^\\[(.*)]$", "$1");
    List<Server> servers =
        IpAddress.tryParse(host)
            .map(Stream::of)
            .orElseGet(() -> lookUp(host))
            .map(address -> new Server(Optional.of(address), port))
            .toList();
    // The port is protected all the same.
    return servers.isEmpty() ? List.of(new Server(Optional.empty(), port)) : servers;
  }

  private static Stream<IpAddress> lookUp(String host) {
    try {
      return Stream.of(InetAddress.getAllByName(host))
          .map(address -> IpAddress.ofBytes(address.getAddress()));
    } catch (UnknownHostException e) {
      return Stream.empty();
    }
  }
}
