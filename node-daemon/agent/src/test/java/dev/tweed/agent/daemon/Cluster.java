package dev.tweed.agent.daemon;

import dev.tweed.agent.cluster.Views;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.FirewallPolicySpec.Action;
import dev.tweed.crds.FirewallPolicySpec.Direction;
import dev.tweed.crds.FirewallPolicySpec.Protocol;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportSpec;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Plays the operator on a real API server; removes what it made. */
final class Cluster implements AutoCloseable {
  static final String NETWORK = "agent-test";

  final KubernetesClient client;
  private final Deque<HasMetadata> made = new ArrayDeque<>();

  Cluster(KubernetesClient client) {
    this.client = client;
  }

  /** The Node and its report, as kubelet and operator make them. */
  void node(String name) {
    make(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build());
    NodeReport report = named(new NodeReport(), name);
    report.setSpec(new NodeReportSpec());
    make(report);
  }

  void network() {
    PodNetwork network = named(new PodNetwork(), NETWORK);
    network.setSpec(Views.spec(null));
    make(network);
  }

  /** The block 10.244.number.0/24 of a node at 192.0.2.number. */
  NodeSubnet subnet(int number, String node) {
    return subnet(
        "10-244-" + number + "-0-24",
        node,
        "10.244." + number + ".0/24",
        "192.0.2." + number,
        "02:00:00:00:00:%02x".formatted(number));
  }

  NodeSubnet subnet(String name, String node, String cidr, String ip, String mac) {
    NodeSubnet subnet = named(new NodeSubnet(), name);
    subnet.setSpec(new NodeSubnetSpec(NETWORK, node, "uid-" + node, cidr, List.of(ip), mac));
    return make(subnet);
  }

  FirewallPolicy policy(String name, FirewallPolicySpec spec) {
    FirewallPolicy policy = named(new FirewallPolicy(), name);
    policy.setSpec(spec);
    return make(policy);
  }

  /** A policy of one rule for TCP on all nodes. */
  static FirewallPolicySpec rule(String name, Direction direction, Action action, String port) {
    return new FirewallPolicySpec(
        LabelSelector.everything(),
        null,
        null,
        null,
        null,
        List.of(
            new FirewallPolicySpec.Rule(
                name,
                direction,
                action,
                Protocol.TCP,
                null,
                List.of(new FirewallPolicySpec.Port(Integer.valueOf(port), null)),
                null,
                null,
                null,
                null,
                null,
                null)));
  }

  void delete(HasMetadata object) {
    client.resource(object).delete();
    made.remove(object);
  }

  @Override
  public void close() {
    made.forEach(o -> client.resource(o).delete());
  }

  private <T extends HasMetadata> T make(T object) {
    T created = client.resource(object).create();
    made.push(created);
    return created;
  }

  private static <T extends HasMetadata> T named(T object, String name) {
    object.setMetadata(new ObjectMetaBuilder().withName(name).build());
    return object;
  }
}
