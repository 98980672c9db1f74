package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReportDigest;
import dev.tweed.operator.reach.NetworkReach;
import dev.tweed.operator.reach.ReachJoin;
import io.fabric8.kubernetes.api.model.Node;
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
    for (Node node : view.nodes()) {
      uids.put(node.getMetadata().getName(), node.getMetadata().getUid());
    }
    Map<String, SortedMap<String, ReachDigest>> reports = new HashMap<>();
    for (NodeSubnet subnet : view.subnets()) {
      String node = subnet.getSpec().nodeName();
      if (!NetworkReadiness.released(subnet)) {
        reports
            .computeIfAbsent(subnet.getSpec().podNetwork(), n -> new TreeMap<>())
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
    for (PodNetwork network : view.networks()) {
      String name = network.getMetadata().getName();
      networks.put(
          name, ReachJoin.join(reports.getOrDefault(name, new TreeMap<>()), port(network)));
    }
    return Map.copyOf(networks);
  }

  private static int port(PodNetwork network) {
    PodNetworkSpec.Backend backend = network.getSpec().backend();
    return switch (backend.type()) {
      case VXLAN -> backend.vxlan().port();
      case HostGateway -> 0;
    };
  }
}
