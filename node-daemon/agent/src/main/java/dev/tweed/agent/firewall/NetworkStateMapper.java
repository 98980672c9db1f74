package dev.tweed.agent.firewall;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.NetworkNeeds.Tunnel;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** From what the cluster asks of this node to what its firewall has to know. Pure. */
public final class NetworkStateMapper {

  private NetworkStateMapper() {}

  /** Of what the data path has not told anything about. */
  public static NetworkState map(Mapping mapping) {
    return map(mapping, "", Optional.empty(), List.of());
  }

  /**
   * Maps.
   *
   * @param device that carries pod traffic; empty if the data path has not told
   * @param underlay device that leads to other nodes; empty if the data path has not told
   * @param outside devices of the default routes
   */
  public static NetworkState map(
      Mapping mapping, String device, Optional<String> underlay, List<String> outside) {
    return switch (mapping) {
      case Mapping.Nothing nothing -> new NetworkState.Outside();
      case Mapping.Waiting waiting -> new NetworkState.Waiting();
      case Mapping.Program program ->
          new NetworkState.Member(
              program.snapshot().network().name(),
              needs(program.snapshot(), device, underlay, outside),
              program.snapshot().self().blocks(),
              program.snapshot().peers(),
              program.hostFirewallManaged());
    };
  }

  /** As the data path decides it. */
  private static Optional<String> second(ClusterSnapshot snapshot, Backend.Vxlan vxlan) {
    boolean both =
        Arrays.stream(AddressFamily.values()).allMatch(f -> has(snapshot.self().nodeIps(), f));
    boolean needed =
        snapshot.peers().stream().anyMatch(peer -> !has(peer.nodeIps(), AddressFamily.IPV4));
    return both && needed ? Optional.of("tweed6." + vxlan.vni()) : Optional.empty();
  }

  private static boolean has(Collection<IpAddress> addresses, AddressFamily family) {
    return addresses.stream().anyMatch(address -> address.family() == family);
  }

  private static NetworkNeeds needs(
      ClusterSnapshot snapshot, String device, Optional<String> underlay, List<String> outside) {
    try {
      return new NetworkNeeds(
          switch (snapshot.network().backend()) {
            case Backend.Vxlan vxlan ->
                Optional.of(
                    new Tunnel(
                        device.isEmpty() ? "tweed." + vxlan.vni() : device,
                        vxlan.port(),
                        vxlan.directRouting(),
                        second(snapshot, vxlan)));
            case Backend.HostGateway gateway -> Optional.empty();
          },
          snapshot.network().bridgeName(),
          underlay,
          outside,
          snapshot.self().nodeIps(),
          snapshot.network().podCidrs());
    } catch (IllegalArgumentException e) {
      // The kernel lets a device have a name that has no place in a rule. Only these are not named
      // by us; without them pods may leave by any device.
      if (underlay.isEmpty() && outside.isEmpty()) {
        throw e;
      }
      return needs(snapshot, device, Optional.empty(), List.of());
    }
  }
}
