package dev.tweed.operator.cluster;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReportDigest;
import dev.tweed.operator.reach.NetworkReach;
import dev.tweed.operator.reach.ReachJoin;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Keeps what nodes say of the way to each other, and tells of networks where that changed. */
final class ReachWatch {
  private final Consumer<String> onChange;
  private volatile Map<String, NetworkReach> latest = Map.of();

  /**
   * @param onChange told the name of a network
   */
  ReachWatch(Consumer<String> onChange) {
    this.onChange = onChange;
  }

  /** Of a network. */
  NetworkReach of(String network) {
    return latest.getOrDefault(network, NetworkReach.none());
  }

  /** Looks at what reports say now. Not for several threads. */
  void look(ClusterView view) {
    Map<String, NetworkReach> before = latest;
    latest = join(view);
    latest.forEach(
        (network, reach) -> {
          if (!reach.equals(before.get(network))) {
            onChange.accept(network);
          }
        });
  }

  static Map<String, NetworkReach> join(ClusterView view) {
    Map<String, String> uids = new HashMap<>();
    view.nodes().forEach(node -> uids.put(node.name(), node.uid()));
    Map<String, SortedMap<String, ReachDigest>> reports = new HashMap<>();
    for (SubnetFacts subnet : view.subnets()) {
      String node = subnet.spec().nodeName();
      if (!NetworkReadiness.released(subnet)) {
        reports
            .computeIfAbsent(subnet.spec().podNetwork(), n -> new TreeMap<>())
            .put(
                node,
                // A report of an earlier Node of the name says nothing of this one.
                Optional.ofNullable(view.reports().get(node))
                    .filter(r -> r.owner().equals(uids.get(node)))
                    .map(ReportDigest::reach)
                    .orElse(ReachDigest.NONE));
      }
    }
    Map<String, NetworkReach> networks = new HashMap<>();
    for (NetworkFacts network : view.networks()) {
      String name = network.name();
      networks.put(
          name, ReachJoin.join(reports.getOrDefault(name, new TreeMap<>()), port(network)));
    }
    return Map.copyOf(networks);
  }

  private static int port(NetworkFacts network) {
    PodNetworkSpec.Backend backend = network.spec().backend();
    return switch (backend.type()) {
      case VXLAN -> backend.tunnel().port();
      case HostGateway -> 0;
    };
  }
}
