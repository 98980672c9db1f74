package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.PeerKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Compiles one policy to rules by sets of addresses; whose addresses those are, it says by
 * selectors. Addresses of nodes need no rule here: every daemon knows them ({@code AddressSpace}).
 */
final class NetworkPolicyCompiler {
  private final Function<PortMatch.Named, List<NamedPort>> numbers;
  private final Map<String, PeerKey> sets = new HashMap<>();
  private final Set<PortMatch.Named> egressNames = new HashSet<>();

  private NetworkPolicyCompiler(Function<PortMatch.Named, List<NamedPort>> numbers) {
    this.numbers = numbers;
  }

  /**
   * Compiles.
   *
   * @param numbers the ports that pods anywhere call by a name, in an order that stays
   */
  static CompiledPolicy compile(
      PolicyObject policy, Function<PortMatch.Named, List<NamedPort>> numbers) {
    NetworkPolicyCompiler compiler = new NetworkPolicyCompiler(numbers);
    Program program =
        switch (policy) {
          case PolicyObject.OfNamespace p -> compiler.program(p.policy());
          case PolicyObject.OfCluster p -> compiler.program(p.policy());
        };
    return new CompiledPolicy(program, compiler.sets, compiler.egressNames);
  }

  private Program program(NetworkPolicy policy) {
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
      Who who = new Who(rule.peers().isEmpty());
      for (NetworkPolicy.Peer peer : rule.peers()) {
        switch (peer) {
          case NetworkPolicy.Pods pods -> who.keys.add(PeerKey.of(policy, pods));
          case NetworkPolicy.Block block -> block.block().ifPresent(who.blocks::add);
        }
      }
      add(rules, i, Action.ACCEPT, rule.ports(), who, direction);
    }
    return rules;
  }

  private Program program(ClusterNetworkPolicy policy) {
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
      Who who =
          new Who(rule.peers().stream().anyMatch(ClusterNetworkPolicy.Everybody.class::isInstance));
      for (ClusterNetworkPolicy.Peer peer : rule.peers()) {
        switch (peer) {
          case ClusterNetworkPolicy.Pods pods -> who.keys.add(PeerKey.of(pods));
          case ClusterNetworkPolicy.Networks networks ->
              networks.cidrs().forEach(c -> who.blocks.add(new IpBlock(c, List.of())));
          case ClusterNetworkPolicy.Everybody e -> {} // above
          case ClusterNetworkPolicy.Unsupported u -> {} // failingClosed left none
        }
      }
      add(rules, i, rule.action(), rule.ports(), who, direction);
    }
    return rules;
  }

  /** Whom a rule of a policy is about. */
  private static final class Who {
    private final boolean anyone;
    private final List<PeerKey> keys = new ArrayList<>();
    private final List<IpBlock> blocks = new ArrayList<>();

    Who(boolean anyone) {
      this.anyone = anyone;
    }

    /**
     * Those of them that have a port: only pods have names of ports, whatever they are meant by.
     */
    List<PeerKey> with(NamedPort port) {
      List<PeerKey> with = new ArrayList<>();
      if (anyone) {
        with.add(PeerKey.EVERYTHING.with(port));
      }
      keys.forEach(k -> with.add(k.with(port)));
      blocks.forEach(b -> with.add(PeerKey.EVERYTHING.with(port).with(b)));
      return with;
    }
  }

  // In ingress the selected pod's own ports count, and its node has their numbers.
  private void add(
      List<Rule> rules,
      int index,
      Action action,
      List<PortMatch> ports,
      Who who,
      Direction direction) {
    List<PortMatch> here =
        ports.stream().filter(p -> direction == Direction.INGRESS || !p.isNamed()).toList();
    if (ports.isEmpty() || !here.isEmpty()) {
      rules.add(
          new Rule(index, action, ports.isEmpty(), here, peers(who.anyone, who.keys, who.blocks)));
    }
    if (direction == Direction.INGRESS) {
      return;
    }
    for (PortMatch port : ports) {
      if (port instanceof PortMatch.Named name) {
        egressNames.add(name);
        for (NamedPort number : numbers.apply(name)) {
          rules.add(
              Rule.of(
                  index,
                  action,
                  peers(false, who.with(number), List.of()),
                  PortMatch.one(number.protocol(), number.number())));
        }
      }
    }
  }

  private Peers peers(boolean anyone, List<PeerKey> keys, List<IpBlock> blocks) {
    Set<String> names = new TreeSet<>();
    boolean allPods = false;
    for (PeerKey key : keys) {
      if (anyone) {
        break; // nobody else is needed
      }
      if (key.isEverything()) {
        allPods = true;
      } else {
        names.add(key.setName());
        sets.put(key.setName(), key);
      }
    }
    return new Peers(anyone, allPods, List.copyOf(names), anyone ? List.of() : blocks);
  }
}
