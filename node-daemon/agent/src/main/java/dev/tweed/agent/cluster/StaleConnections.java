package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ApiChannel.Ends;
import dev.tweed.dataplane.HostWay;
import dev.tweed.ip.IpAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which connections may be lost since the host has changed: their own address is gone, or the way
 * to the server is another than it was. A way is compared with itself, and not with the connection,
 * which may go by another for good reasons (sources chosen by ports, socket filters).
 */
final class StaleConnections {

  private Map<IpAddress, HostWay> ways = Map.of();

  /** Those of the open ones. While a server cannot be reached, another connection helps nobody. */
  Set<Ends> among(Set<Ends> open, HostWays host) {
    Map<IpAddress, HostWay> now = new HashMap<>();
    Map<IpAddress, Boolean> own = new HashMap<>();
    for (Ends ends : open) {
      IpAddress server = address(ends.remote());
      if (!now.containsKey(server)) {
        HostWay before = ways.get(server);
        host.wayTo(server)
            .ifPresentOrElse(
                way -> now.put(server, way),
                () -> {
                  if (before != null) {
                    now.put(server, before);
                  }
                });
      }
      own.computeIfAbsent(address(ends.local()), host::hasAddress);
    }
    Map<IpAddress, HostWay> before = ways;
    ways = now;
    return open.stream()
        .filter(
            ends -> {
              IpAddress server = address(ends.remote());
              return !own.get(address(ends.local()))
                  || before.containsKey(server) && !before.get(server).equals(now.get(server));
            })
        .collect(Collectors.toUnmodifiableSet());
  }

  private static IpAddress address(InetSocketAddress end) {
    return IpAddress.ofBytes(end.getAddress().getAddress());
  }
}
