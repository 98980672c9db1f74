package dev.tweed.policy.testing;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.Flow;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PolicyNames;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Tier;
import dev.tweed.policy.source.Cluster;
import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.Namespace;
import dev.tweed.policy.source.NetworkPolicy;
import dev.tweed.policy.source.Pod;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the API reference says of a connection, read from the policies themselves: by pods and
 * labels, with nothing compiled. The oracle of compilers; slow, and meant to be compared with the
 * reference sentence by sentence.
 */
public final class ReferenceEvaluator {

  private final Cluster cluster;
  private final Map<String, Namespace> namespaces;

  /** For one state of the cluster. */
  public ReferenceEvaluator(Cluster cluster) {
    this.cluster = cluster;
    this.namespaces =
        cluster.namespaces().stream()
            .collect(Collectors.toMap(Namespace::name, Function.identity()));
  }

  /** Whether both ends let the connection through. */
  public boolean accepts(Flow flow) {
    return accepts(flow, Direction.EGRESS) && accepts(flow, Direction.INGRESS);
  }

  /** Whether the end that a direction is about lets it through; true where that is no pod. */
  public boolean accepts(Flow flow, Direction direction) {
    Optional<Pod> subject = pod(flow.subject(direction));
    if (subject.isEmpty()) {
      return true;
    }
    // "traffic to and from the node where a Pod is running is always allowed", and a pod cannot
    // block access to itself.
    if (flow.source().equals(flow.destination())
        || isOfNode(subject.get().node(), flow.peer(direction))) {
      return true;
    }
    return admin(subject.get(), flow, direction)
        .or(() -> networkPolicies(subject.get(), flow, direction))
        .or(() -> clusterPolicies(Tier.BASELINE, subject.get(), flow, direction))
        .orElse(true);
  }

  private Optional<Boolean> admin(Pod subject, Flow flow, Direction direction) {
    return clusterPolicies(Tier.ADMIN, subject, flow, direction);
  }

  private Optional<Boolean> networkPolicies(Pod subject, Flow flow, Direction direction) {
    List<NetworkPolicy> isolating =
        cluster.networkPolicies().stream()
            .filter(p -> p.selects(subject) && p.isolates().contains(direction))
            .toList();
    return isolating.isEmpty()
        ? Optional.empty()
        : Optional.of(
            isolating.stream()
                .anyMatch(
                    p -> p.rules(direction).stream().anyMatch(r -> allows(p, r, flow, direction))));
  }

  private boolean allows(
      NetworkPolicy policy, NetworkPolicy.Rule rule, Flow flow, Direction direction) {
    return isToOneOf(rule.ports(), flow)
        && (rule.peers().isEmpty()
            || rule.peers().stream().anyMatch(p -> isPeer(policy, p, flow.peer(direction))));
  }

  private boolean isPeer(NetworkPolicy policy, NetworkPolicy.Peer peer, IpAddress address) {
    return switch (peer) {
      case NetworkPolicy.Block block -> block.block().filter(b -> means(b, address)).isPresent();
      case NetworkPolicy.Pods pods ->
          pod(address)
              .filter(
                  p ->
                      pods.namespaceSelector()
                          .map(s -> s.matches(namespaces.get(p.namespace()).labels()))
                          .orElse(p.namespace().equals(policy.namespace())))
              .filter(p -> pods.podSelector().matches(p.labels()))
              .isPresent();
    };
  }

  private Optional<Boolean> clusterPolicies(
      Tier tier, Pod subject, Flow flow, Direction direction) {
    return cluster.clusterNetworkPolicies().stream()
        .filter(p -> p.tier() == tier)
        .filter(
            p ->
                p.subject()
                    .filter(s -> s.selects(subject, namespaces.get(subject.namespace())))
                    .isPresent())
        .sorted(
            Comparator.comparingInt(ClusterNetworkPolicy::priority)
                .thenComparing(p -> PolicyNames.program(p.uid())))
        .flatMap(p -> p.rules(direction).stream())
        .map(ClusterNetworkPolicy.Rule::failingClosed)
        .filter(
            r ->
                isToOneOf(r.ports(), flow)
                    && r.peers().stream().anyMatch(p -> isPeer(p, flow.peer(direction))))
        .findFirst()
        .map(ClusterNetworkPolicy.Rule::action)
        .filter(a -> a != Action.PASS)
        .map(a -> a == Action.ACCEPT);
  }

  private boolean isPeer(ClusterNetworkPolicy.Peer peer, IpAddress address) {
    return switch (peer) {
      case ClusterNetworkPolicy.Pods pods ->
          pod(address).filter(p -> pods.selects(p, namespaces.get(p.namespace()))).isPresent();
      case ClusterNetworkPolicy.Networks networks ->
          networks.cidrs().stream().anyMatch(c -> means(new IpBlock(c, List.of()), address));
      case ClusterNetworkPolicy.Unsupported u -> false;
      case ClusterNetworkPolicy.Everybody e -> true;
    };
  }

  private boolean isToOneOf(List<PortMatch> ports, Flow flow) {
    List<NamedPort> named = pod(flow.destination()).map(Pod::namedPorts).orElse(List.of());
    return ports.isEmpty() || ports.stream().anyMatch(p -> p.matches(flow, named));
  }

  /** A node that sends from inside the pools is meant where its own address of that family is. */
  private boolean means(IpBlock block, IpAddress address) {
    Optional<Cluster.Node> node =
        cluster.nodes().stream().filter(n -> n.inside().contains(address)).findFirst();
    List<IpAddress> own =
        node.stream()
            .flatMap(n -> n.outside().stream())
            .filter(a -> a.family() == address.family())
            .toList();
    if (own.stream().anyMatch(block::excludes)) {
      return false;
    }
    return own.stream().anyMatch(block::contains) || block.contains(address);
  }

  private boolean isOfNode(String name, IpAddress address) {
    return cluster.nodes().stream()
        .filter(n -> n.name().equals(name))
        .anyMatch(n -> n.inside().contains(address) || n.outside().contains(address));
  }

  /**
   * The pod that has an address: of the host's network none has, and of those that ended neither.
   */
  private Optional<Pod> pod(IpAddress address) {
    return cluster.pods().stream()
        .filter(p -> p.isSelectable() && p.addresses().contains(address))
        .findFirst();
  }
}
