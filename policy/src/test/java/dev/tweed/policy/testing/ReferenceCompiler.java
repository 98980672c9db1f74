package dev.tweed.policy.testing;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.PeerKey;
import dev.tweed.policy.source.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The shortest way from policies to what a node enforces, with everything anew each time: shows
 * that the compiled form can say all that policies say, and gives tests of a node something to
 * enforce.
 */
public final class ReferenceCompiler {

  private final Cluster cluster;
  private final Map<String, Namespace> namespaces;
  private final Map<String, Program> programs = new LinkedHashMap<>();
  private final Map<String, PeerSet> sets = new HashMap<>();

  private ReferenceCompiler(Cluster cluster) {
    this.cluster = cluster;
    this.namespaces =
        cluster.namespaces().stream()
            .collect(Collectors.toMap(Namespace::name, Function.identity()));
    cluster.networkPolicies().forEach(p -> put(compile(p)));
    cluster.clusterNetworkPolicies().forEach(p -> put(compile(p)));
  }

  /** What a node enforces. */
  public static NodeState compile(Cluster cluster, String node) {
    return new ReferenceCompiler(cluster).state(node);
  }

  private void put(Program program) {
    programs.put(program.name(), program);
  }

  private NodeState state(String name) {
    Cluster.Node node =
        cluster.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    Set<IpAddress> own = new LinkedHashSet<>(node.outside());
    own.addAll(node.inside());
    return new NodeState(
        node.blocks(),
        own,
        cluster.addressSpace(),
        cluster.pods().stream()
            .filter(p -> p.node().equals(name) && p.isSelectable())
            .map(this::entry)
            .toList(),
        programs,
        sets);
  }

  private PodEntry entry(Pod pod) {
    Set<String> selecting = new LinkedHashSet<>();
    cluster.networkPolicies().stream()
        .filter(p -> p.selects(pod))
        .forEach(p -> selecting.add(PolicyNames.program(p.uid())));
    cluster.clusterNetworkPolicies().stream()
        .filter(
            p ->
                p.subject()
                    .filter(s -> s.selects(pod, namespaces.get(pod.namespace())))
                    .isPresent())
        .forEach(p -> selecting.add(PolicyNames.program(p.uid())));
    return new PodEntry(pod.uid(), pod.addresses(), selecting, pod.namedPorts());
  }

  private Program compile(NetworkPolicy policy) {
    return new Program(
        PolicyNames.program(policy.uid()),
        new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, policy.uid(), policy.generation()),
        Tier.NETWORK_POLICY,
        0,
        policy.isolates(),
        rules(policy, Direction.INGRESS),
        rules(policy, Direction.EGRESS));
  }

  private List<Rule> rules(NetworkPolicy policy, Direction direction) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < policy.rules(direction).size(); i++) {
      NetworkPolicy.Rule rule = policy.rules(direction).get(i);
      List<PeerKey> keys = new ArrayList<>();
      List<IpBlock> blocks = new ArrayList<>();
      for (NetworkPolicy.Peer peer : rule.peers()) {
        switch (peer) {
          case NetworkPolicy.Pods pods -> keys.add(PeerKey.of(policy, pods));
          case NetworkPolicy.Block block -> block.block().ifPresent(blocks::add);
        }
      }
      rules.addAll(
          split(i, Action.ACCEPT, rule.ports(), rule.peers().isEmpty(), keys, blocks, direction));
    }
    return rules;
  }

  private Program compile(ClusterNetworkPolicy policy) {
    return new Program(
        PolicyNames.program(policy.uid()),
        new PolicyRef(PolicyRef.Kind.CLUSTER_NETWORK_POLICY, policy.uid(), policy.generation()),
        policy.tier(),
        policy.priority(),
        Set.of(),
        rules(policy, Direction.INGRESS),
        rules(policy, Direction.EGRESS));
  }

  private List<Rule> rules(ClusterNetworkPolicy policy, Direction direction) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < policy.rules(direction).size(); i++) {
      ClusterNetworkPolicy.Rule rule = policy.rules(direction).get(i).failingClosed();
      List<PeerKey> keys = new ArrayList<>();
      List<IpBlock> blocks = new ArrayList<>();
      boolean anyone = false;
      for (ClusterNetworkPolicy.Peer peer : rule.peers()) {
        switch (peer) {
          case ClusterNetworkPolicy.Pods pods -> keys.add(PeerKey.of(pods));
          case ClusterNetworkPolicy.Networks networks ->
              networks.cidrs().forEach(c -> blocks.add(new IpBlock(c, List.of())));
          case ClusterNetworkPolicy.Everybody e -> anyone = true;
          case ClusterNetworkPolicy.Unsupported u -> throw new AssertionError(u);
        }
      }
      rules.addAll(split(i, rule.action(), rule.ports(), anyone, keys, blocks, direction));
    }
    return rules;
  }

  /** One rule, and in egress one more for each number that a name of a port means somewhere. */
  private List<Rule> split(
      int index,
      Action action,
      List<PortMatch> ports,
      boolean anyone,
      List<PeerKey> keys,
      List<IpBlock> blocks,
      Direction direction) {
    List<Rule> rules = new ArrayList<>();
    if (direction == Direction.INGRESS) {
      rules.add(new Rule(index, action, ports.isEmpty(), ports, peers(anyone, keys, blocks)));
      return rules;
    }
    List<PortMatch> numbers = ports.stream().filter(p -> !p.isNamed()).toList();
    if (ports.isEmpty() || !numbers.isEmpty()) {
      rules.add(new Rule(index, action, ports.isEmpty(), numbers, peers(anyone, keys, blocks)));
    }
    for (PortMatch port : ports) {
      if (port instanceof PortMatch.Named named) {
        for (NamedPort number : numbers(named)) {
          PortMatch match = PortMatch.one(number.protocol(), number.number());
          // Only pods have names of ports, whatever they are meant by.
          List<PeerKey> split = new ArrayList<>(keys.stream().map(k -> k.with(number)).toList());
          if (anyone) {
            split.add(PeerKey.EVERYTHING.with(number));
          }
          blocks.forEach(b -> split.add(PeerKey.EVERYTHING.with(number).with(b)));
          rules.add(new Rule(index, action, false, List.of(match), peers(false, split, List.of())));
        }
      }
    }
    return rules;
  }

  private Set<NamedPort> numbers(PortMatch.Named named) {
    return cluster.pods().stream()
        .filter(Pod::isSelectable)
        .flatMap(p -> p.namedPorts().stream())
        .filter(named::means)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private Peers peers(boolean anyone, List<PeerKey> keys, List<IpBlock> blocks) {
    List<String> names = new ArrayList<>();
    boolean allPods = false;
    for (PeerKey key : keys) {
      if (key.isEverything()) {
        allPods = true;
      } else {
        names.add(set(key).name());
      }
    }
    return new Peers(anyone, allPods, names, blocks);
  }

  private PeerSet set(PeerKey key) {
    return sets.computeIfAbsent(
        key.setName(),
        name ->
            new PeerSet(
                name,
                cluster.pods().stream()
                    .flatMap(p -> key.addresses(p, namespaces.get(p.namespace())).stream())
                    .collect(Collectors.toSet())));
  }
}
