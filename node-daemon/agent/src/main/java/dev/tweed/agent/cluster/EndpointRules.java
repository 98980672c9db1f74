package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ServerEndpoint;
import dev.tweed.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Which of the addresses the cluster names for its API server are worth keeping. Pure. */
final class EndpointRules {

  private EndpointRules() {}

  /**
   * Those of the API server's slice that lie in no pool: a pod is no API server, and the way to one
   * is what the daemon makes.
   */
  static List<ServerEndpoint> usable(List<EndpointRecord> slices, List<NetworkRecord> networks) {
    List<IpPrefix> pools =
        networks.stream()
            .flatMap(network -> network.spec().pools().stream())
            .map(pool -> pool.cidr())
            .filter(Objects::nonNull)
            .map(IpPrefix::tryParse)
            .flatMap(Optional::stream)
            .toList();
    return slices.stream()
        .filter(slice -> slice.name().equals(WatchedKinds.API_SERVER))
        .flatMap(slice -> slice.endpoints().stream())
        .filter(e -> pools.stream().noneMatch(pool -> pool.contains(e.address())))
        .toList();
  }
}
