package dev.tweed.policy.testing;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.LabelSelector;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Small clusters of few labels, ports and addresses, so that policies meet each other: two nodes,
 * both families, pods of the host's network and pods that ended, whose addresses others have.
 */
public final class RandomClusters {

  private static final List<String> LETTERS = List.of("x", "y", "z");
  private static final List<String> BLOCKS =
      List.of(
          "0.0.0.0/0",
          "::/0",
          "10.244.0.0/16",
          "10.244.1.0/24",
          "10.244.1.2/31",
          "192.0.2.0/24",
          "192.0.2.1/32",
          "198.51.100.0/24",
          "fd00:244::/32",
          "2001:db8::1/128");

  private final Random random;

  private RandomClusters(Random random) {
    this.random = random;
  }

  /** Any. */
  public static Cluster cluster(Random random) {
    return new RandomClusters(random).cluster();
  }

  /** Any, with NetworkPolicies only, and more of them. */
  public static Cluster networkPolicies(Random random) {
    RandomClusters any = new RandomClusters(random);
    Cluster cluster = any.cluster();
    return new Cluster(
        cluster.pools(),
        cluster.nodes(),
        cluster.namespaces(),
        cluster.pods(),
        any.some(6, any::networkPolicy),
        List.of());
  }

  /**
   * Connections between all addresses that somebody has, and some outside, to a few ports. Not
   * those of the pools that nobody has: there "all pods" is more than all pods.
   */
  public static List<Flow> flows(Cluster cluster) {
    Set<IpAddress> addresses = new LinkedHashSet<>();
    cluster.pods().stream().filter(p -> !p.ended()).forEach(p -> addresses.addAll(p.addresses()));
    cluster.nodes().forEach(n -> addresses.addAll(n.inside()));
    cluster.nodes().forEach(n -> addresses.addAll(n.outside()));
    addresses.add(IpAddress.parse("198.51.100.7"));
    addresses.add(IpAddress.parse("2001:db8:f::7"));
    List<Flow> flows = new ArrayList<>();
    for (IpAddress source : addresses) {
      for (IpAddress destination : addresses) {
        if (source.family() == destination.family()) {
          flows.add(Flow.of(source, destination, Protocol.TCP, 80));
          flows.add(Flow.of(source, destination, Protocol.TCP, 8080));
          flows.add(Flow.of(source, destination, Protocol.UDP, 80));
          flows.add(Flow.of(source, destination, Protocol.SCTP, 80));
          flows.add(Flow.withoutPorts(source, destination));
        }
      }
    }
    return flows;
  }

  private Cluster cluster() {
    List<Namespace> namespaces =
        LETTERS.stream()
            .map(n -> new Namespace(n, Map.of("name", n, "team", LETTERS.get(random.nextInt(2)))))
            .toList();
    return new Cluster(
        List.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:244::/32")),
        List.of(node(1), node(2)),
        namespaces,
        pods(),
        some(4, this::networkPolicy),
        some(3, this::clusterNetworkPolicy));
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
            IpAddress.parse("fd00:244:" + number + "::1")));
  }

  private List<Pod> pods() {
    List<Pod> pods = new ArrayList<>();
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < 7; i++) {
      int node = 1 + random.nextInt(2);
      boolean host = random.nextInt(8) == 0;
      int number = 2 + random.nextInt(5);
      boolean ended = random.nextInt(8) == 0 || !taken.add(node * 100 + number);
      Set<IpAddress> addresses =
          host
              ? Set.of(IpAddress.parse("192.0.2." + node))
              : random.nextBoolean()
                  ? Set.of(v4(node, number))
                  : Set.of(v4(node, number), IpAddress.parse("fd00:244:" + node + "::" + number));
      pods.add(
          new Pod(
              "pod-" + i,
              letter(),
              Map.of("app", letter(), "name", "pod-" + i),
              "node-" + node,
              host,
              ended,
              addresses,
              some(2, this::namedPort)));
    }
    return pods;
  }

  private static IpAddress v4(int node, int number) {
    return IpAddress.parse("10.244." + node + "." + number);
  }

  private NamedPort namedPort() {
    return new NamedPort(
        random.nextBoolean() ? "web" : "api", protocol(), random.nextBoolean() ? 80 : 8080);
  }

  private NetworkPolicy networkPolicy() {
    Set<Direction> types =
        switch (random.nextInt(4)) {
          case 0 -> Set.of(Direction.INGRESS);
          case 1 -> Set.of(Direction.EGRESS);
          case 2 -> Set.of(Direction.INGRESS, Direction.EGRESS);
          default -> Set.of();
        };
    return new NetworkPolicy(
        "np-" + random.nextInt(1_000_000),
        1,
        letter(),
        selector("app"),
        types,
        some(2, this::rule),
        some(2, this::rule));
  }

  private NetworkPolicy.Rule rule() {
    return new NetworkPolicy.Rule(some(2, () -> port(false)), some(2, this::peer));
  }

  private NetworkPolicy.Peer peer() {
    return switch (random.nextInt(3)) {
      case 0 -> new NetworkPolicy.Pods(Optional.empty(), selector("app"));
      case 1 -> new NetworkPolicy.Pods(Optional.of(selector("team")), selector("app"));
      default -> new NetworkPolicy.Block(block());
    };
  }

  private Optional<IpBlock> block() {
    return IpBlock.tryParse(pick(BLOCKS), random.nextBoolean() ? List.of() : List.of(pick(BLOCKS)));
  }

  private ClusterNetworkPolicy clusterNetworkPolicy() {
    return new ClusterNetworkPolicy(
        "cnp-" + random.nextInt(1_000_000),
        1,
        random.nextBoolean() ? Tier.ADMIN : Tier.BASELINE,
        random.nextInt(3),
        random.nextInt(10) == 0 ? Optional.empty() : Optional.of(podsOfNamespaces()),
        some(2, () -> clusterRule(Direction.INGRESS)),
        some(2, () -> clusterRule(Direction.EGRESS)));
  }

  private ClusterNetworkPolicy.Pods podsOfNamespaces() {
    return new ClusterNetworkPolicy.Pods(selector("team"), selector("app"));
  }

  private ClusterNetworkPolicy.Rule clusterRule(Direction direction) {
    return new ClusterNetworkPolicy.Rule(
        pick(List.of(Action.values())),
        some(2, () -> port(true)),
        List.of(clusterPeer(direction), clusterPeer(direction)));
  }

  private ClusterNetworkPolicy.Peer clusterPeer(Direction direction) {
    return switch (random.nextInt(8)) {
      case 0 -> new ClusterNetworkPolicy.Unsupported();
      case 1, 2 ->
          direction == Direction.EGRESS
              ? new ClusterNetworkPolicy.Networks(List.of(IpPrefix.parse(pick(BLOCKS)).network()))
              : podsOfNamespaces();
      default -> podsOfNamespaces();
    };
  }

  private PortMatch port(boolean anyProtocol) {
    return switch (random.nextInt(4)) {
      case 0 -> PortMatch.all(protocol());
      case 1 -> PortMatch.one(protocol(), random.nextBoolean() ? 80 : 8080);
      case 2 -> new PortMatch.Range(protocol(), 79, random.nextBoolean() ? 81 : 9000);
      default ->
          new PortMatch.Named(
              anyProtocol ? Optional.empty() : Optional.of(protocol()),
              random.nextBoolean() ? "web" : "api");
    };
  }

  private Protocol protocol() {
    return random.nextInt(3) == 0 ? pick(List.of(Protocol.values())) : Protocol.TCP;
  }

  private LabelSelector selector(String key) {
    return switch (random.nextInt(8)) {
      case 0 -> LabelSelector.EVERYTHING;
      case 4 -> expression(key, LabelSelector.Operator.EXISTS, Set.of());
      case 5 ->
          LabelSelector.of(
              Map.of(key, letter()),
              List.of(
                  new LabelSelector.Requirement(
                      key, LabelSelector.Operator.IN, Set.of(letter(), "w"))));
      case 1 -> expression(key, LabelSelector.Operator.NOT_IN, Set.of(letter()));
      case 2 ->
          expression(key, LabelSelector.Operator.IN, new HashSet<>(List.of(letter(), letter())));
      case 3 -> expression("absent", LabelSelector.Operator.DOES_NOT_EXIST, Set.of());
      default -> LabelSelector.label(key, letter());
    };
  }

  private static LabelSelector expression(
      String key, LabelSelector.Operator operator, Set<String> values) {
    return new LabelSelector(List.of(new LabelSelector.Requirement(key, operator, values)));
  }

  private String letter() {
    return pick(LETTERS);
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private <T> List<T> some(int most, Supplier<T> one) {
    List<T> list = new ArrayList<>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      list.add(one.get());
    }
    return list;
  }
}
