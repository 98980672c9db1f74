package dev.tweed.agent.firewall;

import dev.tweed.ip.IpAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the daemon reaches the API server.
 *
 * @param addresses of the server; empty if its name is not known now
 * @param port of it
 */
public record ApiEndpoint(List<IpAddress> addresses, int port) {

  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  public ApiEndpoint {
    addresses = List.copyOf(addresses);
  }

  /** Takes it from the URL of the client; a name is looked up. */
  public static ApiEndpoint of(URI url) {
    int port = url.getPort() > 0 ? url.getPort() : "http".equals(url.getScheme()) ? HTTP : HTTPS;
    String host = url.getHost() == null ? "" : url.getHost().replaceAll("^\\[(.*)]$", "$1");
    List<IpAddress> addresses = new ArrayList<>();
    IpAddress.tryParse(host).ifPresentOrElse(addresses::add, () -> addresses.addAll(resolve(host)));
    return new ApiEndpoint(addresses, port);
  }

  private static List<IpAddress> resolve(String host) {
    List<IpAddress> addresses = new ArrayList<>();
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        addresses.add(IpAddress.ofBytes(address.getAddress()));
      }
    } catch (UnknownHostException e) {
      // The port is protected all the same.
    }
    return addresses;
  }
}
