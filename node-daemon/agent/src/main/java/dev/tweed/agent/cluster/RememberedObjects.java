package dev.tweed.agent.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which objects a node's membership in a network rests on. Where the API server shows another
 * object under one of the names, memory of the old one is of no use any more.
 *
 * @param network name of the PodNetwork
 * @param networkUid its UID
 * @param own UIDs of the node's NodeSubnets, by name
 */
record RememberedObjects(String network, String networkUid, Map<String, String> own) {

  RememberedObjects {
    own = Map.copyOf(own);
  }

  static RememberedObjects of(NetworkRecord network, List<SubnetRecord> subnets) {
    return new RememberedObjects(
        network.name(),
        network.uid(),
        subnets.stream()
            .filter(subnet -> subnet.own().isPresent())
            .collect(
                Collectors.toMap(
                    SubnetRecord::name, subnet -> subnet.own().get().uid(), (a, b) -> b)));
  }

  /** Whether a view shows another object in the place of one of these; one may not be complete. */
  boolean isContradictedBy(ClusterView view) {
    return networks(view).stream()
            .anyMatch(n -> n.name().equals(network) && !n.uid().equals(networkUid))
        || view.subnets().stream()
            .filter(subnet -> own.containsKey(subnet.name()))
            .anyMatch(
                subnet ->
                    !subnet
                        .own()
                        .map(SubnetRecord.OwnSubnet::uid)
                        .equals(Optional.of(own.get(subnet.name()))));
  }

  /** Whether a complete view shows all of them as they were, whatever has become of them. */
  boolean areAllIn(ClusterView view) {
    return !isContradictedBy(view)
        && networks(view).stream().anyMatch(n -> n.name().equals(network))
        && view.subnets().stream().filter(s -> own.containsKey(s.name())).count() == own.size();
  }

  private static List<NetworkRecord> networks(ClusterView view) {
    return Stream.concat(view.networks().stream(), view.gaps().unreadable().stream()).toList();
  }
}
