package dev.tweed.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import dev.tweed.policy.testing.ReferenceCompiler;
import dev.tweed.policy.testing.ReferenceEvaluator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A cluster for tables: nodes 1 and 2, namespaces red and blue, and in each a pod {@code web} and a
 * pod {@code client}, which have other ports behind the same name. Every question goes to the
 * reference and to the compiled form, which must agree.
 */
final class World {

  static final String RED_WEB = "10.244.1.10"; // node 1; "http" is 8080
  static final String RED_WEB_V6 = "fd00:244:1::10";
  static final String RED_CLIENT = "10.244.2.11"; // node 2
  static final String RED_CLIENT_V6 = "fd00:244:2::11";
  static final String BLUE_WEB = "10.244.2.20"; // node 2; "http" is 80
  static final String BLUE_CLIENT = "10.244.1.21"; // node 1
  static final String NODE_1 = "192.0.2.1";
  static final String NODE_2 = "192.0.2.2";
  static final String TUNNEL_1 = "10.244.1.0";
  static final String TUNNEL_2 = "10.244.2.0";
  static final String OUTSIDE = "198.51.100.7";

  static final LabelSelector EVERYTHING = LabelSelector.EVERYTHING;
  static final LabelSelector WEB = LabelSelector.label("app", "web");
  static final LabelSelector CLIENT = LabelSelector.label("app", "client");
  static final LabelSelector RED = LabelSelector.label("team", "red");
  static final LabelSelector BLUE = LabelSelector.label("team", "blue");

  private final List<Pod> pods = new ArrayList<>();
  private final List<NetworkPolicy> policies = new ArrayList<>();
  private final List<ClusterNetworkPolicy> clusterPolicies = new ArrayList<>();

  World() {
    pods.add(pod("red-web", "red", "web", 1, List.of(http(8080)), RED_WEB, RED_WEB_V6));
    pods.add(pod("red-client", "red", "client", 2, List.of(), RED_CLIENT, RED_CLIENT_V6));
    pods.add(pod("blue-web", "blue", "web", 2, List.of(http(80)), BLUE_WEB));
    pods.add(pod("blue-client", "blue", "client", 1, List.of(), BLUE_CLIENT));
  }

  World with(Pod pod) {
    pods.add(pod);
    return this;
  }

  World with(NetworkPolicy... more) {
    policies.addAll(List.of(more));
    return this;
  }

  World with(ClusterNetworkPolicy... more) {
    clusterPolicies.addAll(List.of(more));
    return this;
  }

  void accepts(String source, String destination, Protocol protocol, int port) {
    assertThat(accepted(flow(source, destination, protocol, port)))
        .as("%s to %s %s %s", source, destination, protocol, port)
        .isTrue();
  }

  void drops(String source, String destination, Protocol protocol, int port) {
    assertThat(accepted(flow(source, destination, protocol, port)))
        .as("%s to %s %s %s", source, destination, protocol, port)
        .isFalse();
  }

  void accepts(String source, String destination) {
    accepts(source, destination, Protocol.TCP, 80);
  }

  void drops(String source, String destination) {
    drops(source, destination, Protocol.TCP, 80);
  }

  boolean accepted(Flow flow) {
    Cluster cluster = cluster();
    boolean expected = new ReferenceEvaluator(cluster).accepts(flow);
    boolean compiled =
        cluster.nodes().stream()
            .map(n -> new PolicyEvaluator(ReferenceCompiler.compile(cluster, n.name())))
            .allMatch(e -> e.judge(flow).accepted());
    assertThat(compiled).as("compiled: %s", flow).isEqualTo(expected);
    return expected;
  }

  Judgement judge(int node, Flow flow) {
    return new PolicyEvaluator(ReferenceCompiler.compile(cluster(), "node-" + node)).judge(flow);
  }

  Cluster cluster() {
    return new Cluster(
        List.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:244::/32")),
        List.of(node(1), node(2)),
        List.of(
            new Namespace("red", Map.of("team", "red")),
            new Namespace("blue", Map.of("team", "blue"))),
        pods,
        policies,
        clusterPolicies);
  }

  static Flow flow(String source, String destination, Protocol protocol, int port) {
    return Flow.of(IpAddress.parse(source), IpAddress.parse(destination), protocol, port);
  }

  static NamedPort http(int port) {
    return new NamedPort("http", Protocol.TCP, port);
  }

  static Pod pod(
      String name,
      String namespace,
      String app,
      int node,
      List<NamedPort> ports,
      String... addresses) {
    return new Pod(
        name,
        namespace,
        Map.of("app", app),
        "node-" + node,
        false,
        false,
        Set.copyOf(List.of(addresses).stream().map(IpAddress::parse).toList()),
        ports);
  }

  static Pod ended(Pod pod) {
    return new Pod(
        pod.uid(),
        pod.namespace(),
        pod.labels(),
        pod.node(),
        pod.hostNetwork(),
        true,
        pod.addresses(),
        pod.namedPorts());
  }

  static Pod ofHostNetwork(Pod pod) {
    return new Pod(
        pod.uid(),
        pod.namespace(),
        pod.labels(),
        pod.node(),
        true,
        pod.ended(),
        pod.addresses(),
        pod.namedPorts());
  }

  /** A policy of namespace red with ingress rules and without policyTypes. */
  static NetworkPolicy ingress(LabelSelector subject, NetworkPolicy.Rule... rules) {
    return policy(subject, Set.of(), List.of(rules), List.of());
  }

  /** One of namespace red with egress rules only. */
  static NetworkPolicy egress(LabelSelector subject, NetworkPolicy.Rule... rules) {
    return policy(subject, Set.of(Direction.EGRESS), List.of(), List.of(rules));
  }

  static NetworkPolicy policy(
      LabelSelector subject,
      Set<Direction> types,
      List<NetworkPolicy.Rule> ingress,
      List<NetworkPolicy.Rule> egress) {
    return new NetworkPolicy(
        "uid " + subject + types + ingress + egress, 1, "red", subject, types, ingress, egress);
  }

  static NetworkPolicy.Rule peers(NetworkPolicy.Peer... peers) {
    return new NetworkPolicy.Rule(List.of(), List.of(peers));
  }

  static NetworkPolicy.Rule ports(PortMatch... ports) {
    return new NetworkPolicy.Rule(List.of(ports), List.of());
  }

  static NetworkPolicy.Pods pods(LabelSelector pods) {
    return new NetworkPolicy.Pods(Optional.empty(), pods);
  }

  static NetworkPolicy.Pods pods(LabelSelector namespaces, LabelSelector pods) {
    return new NetworkPolicy.Pods(Optional.of(namespaces), pods);
  }

  static NetworkPolicy.Block block(String cidr, String... except) {
    return new NetworkPolicy.Block(IpBlock.tryParse(cidr, List.of(except)));
  }

  static PortMatch tcp(int port) {
    return PortMatch.one(Protocol.TCP, port);
  }

  static PortMatch named(String name) {
    return new PortMatch.Named(Optional.of(Protocol.TCP), name);
  }

  static ClusterNetworkPolicy admin(
      int priority, LabelSelector namespaces, ClusterNetworkPolicy.Rule... ingress) {
    return cluster(Tier.ADMIN, priority, namespaces, List.of(ingress), List.of());
  }

  static ClusterNetworkPolicy baseline(
      int priority, LabelSelector namespaces, ClusterNetworkPolicy.Rule... ingress) {
    return cluster(Tier.BASELINE, priority, namespaces, List.of(ingress), List.of());
  }

  static ClusterNetworkPolicy adminEgress(
      int priority, LabelSelector namespaces, ClusterNetworkPolicy.Rule... egress) {
    return cluster(Tier.ADMIN, priority, namespaces, List.of(), List.of(egress));
  }

  static ClusterNetworkPolicy cluster(
      Tier tier,
      int priority,
      LabelSelector namespaces,
      List<ClusterNetworkPolicy.Rule> ingress,
      List<ClusterNetworkPolicy.Rule> egress) {
    return new ClusterNetworkPolicy(
        "uid " + tier + priority + ingress + egress,
        1,
        tier,
        priority,
        Optional.of(new ClusterNetworkPolicy.Pods(namespaces, EVERYTHING)),
        ingress,
        egress);
  }

  static ClusterNetworkPolicy.Rule rule(Action action, ClusterNetworkPolicy.Peer... peers) {
    return new ClusterNetworkPolicy.Rule(action, List.of(), List.of(peers));
  }

  static ClusterNetworkPolicy.Rule rule(
      Action action, PortMatch port, ClusterNetworkPolicy.Peer... peers) {
    return new ClusterNetworkPolicy.Rule(action, List.of(port), List.of(peers));
  }

  static ClusterNetworkPolicy.Pods all() {
    return new ClusterNetworkPolicy.Pods(EVERYTHING, EVERYTHING);
  }

  static ClusterNetworkPolicy.Pods of(LabelSelector namespaces, LabelSelector pods) {
    return new ClusterNetworkPolicy.Pods(namespaces, pods);
  }

  static ClusterNetworkPolicy.Networks networks(String... cidrs) {
    return new ClusterNetworkPolicy.Networks(List.of(cidrs).stream().map(IpPrefix::parse).toList());
  }

  private static Cluster.Node node(int number) {
    return new Cluster.Node(
        "node-" + number,
        List.of(
            IpPrefix.parse("10.244." + number + ".0/24"),
            IpPrefix.parse("fd00:244:" + number + "::/64")),
        Set.of(IpAddress.parse("192.0.2." + number), IpAddress.parse("2001:db8::" + number)),
        Set.of(
            IpAddress.parse("10.244." + number + ".0"),
            IpAddress.parse("10.244." + number + ".1"),
            IpAddress.parse("fd00:244:" + number + "::")));
  }
}
