package dev.tweed.agent.cluster;

import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.crds.Condition;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.PodNetworkSpecs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds cluster views in few words: node {@code n<i>} is at 192.0.2.i, its block 10.244.i.0/24.
 */
public final class Views {
  static final String OWN = "n1";

  private final List<NetworkRecord> networks = new ArrayList<>();
  private final List<SubnetRecord> subnets = new ArrayList<>();
  private Optional<NodeRecord> node = Optional.of(new NodeRecord(OWN, Map.of("zone", "a")));

  /** A network for all nodes. */
  public Views network(String name, String created) {
    return network(name, created, LabelSelector.everything(), List.of());
  }

  /** A network for the nodes that this selects. */
  public Views network(
      String name, String created, LabelSelector selector, List<Condition> conditions) {
    networks.add(new NetworkRecord(name, "uid-" + name, created, spec(selector), conditions));
    return this;
  }

  /** As asked. */
  public Views network(String name, PodNetworkSpec spec) {
    networks.add(new NetworkRecord(name, "uid-" + name, day(1), spec, List.of()));
    return this;
  }

  /** The block of that node. */
  public Views subnet(int i) {
    return subnet("default", i, "10.244." + i + ".0/24", day(i));
  }

  /** This block for the own node. */
  public Views subnet(String cidr) {
    return subnet("default", 1, cidr, day(1));
  }

  Views subnet(String network, int i, String cidr, String created) {
    return subnet(
        subnet(
            network + "-" + cidr.replaceAll("[./:]", "-"),
            created,
            new NodeSubnetSpec(
                network,
                "n" + i,
                "uid",
                cidr,
                List.of("192.0.2." + i),
                "02:00:00:00:00:%02x".formatted(i))));
  }

  Views subnet(SubnetRecord subnet) {
    subnets.add(subnet);
    return this;
  }

  Views withoutNode() {
    node = Optional.empty();
    return this;
  }

  /** Complete. */
  public ClusterView view() {
    return new ClusterView(true, networks, subnets, List.of(), node);
  }

  static SubnetRecord subnet(String name, String created, NodeSubnetSpec spec) {
    return new SubnetParser(OWN).parse(meta(name, created), spec, Optional.empty());
  }

  static ObjectMeta meta(String name, String created) {
    return new ObjectMeta(name, "uid-" + name, 1, created, "1", Map.of());
  }

  /** One pool of IPv4, and all else by default. */
  public static PodNetworkSpec spec(LabelSelector selector) {
    return PodNetworkSpecs.with(PodNetworkSpecs.of("10.244.0.0/16"), "nodeSelector", selector);
  }

  /** Later days have greater numbers. */
  public static String day(int i) {
    return "2026-01-%02dT00:00:00Z".formatted(i);
  }
}
