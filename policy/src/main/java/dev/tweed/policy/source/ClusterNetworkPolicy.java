package dev.tweed.policy.source;

import dev.tweed.ip.IpPrefix;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Tier;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A ClusterNetworkPolicy as {@code policy.networking.k8s.io/v1beta1} has it.
 *
 * @param uid of the policy
 * @param generation of its spec
 * @param tier Admin or Baseline
 * @param priority 0 to 1000, smaller first
 * @param subject the pods it is for; empty where that cannot be read, which is none
 * @param ingress rules, in order
 * @param egress rules, in order
 */
public record ClusterNetworkPolicy(
    String uid,
    long generation,
    Tier tier,
    int priority,
    Optional<Pods> subject,
    List<Rule> ingress,
    List<Rule> egress) {
  public ClusterNetworkPolicy {
    Objects.requireNonNull(uid, "uid");
    if (tier == Tier.NETWORK_POLICY) {
      throw new IllegalArgumentException("a ClusterNetworkPolicy is of tier Admin or Baseline");
    }
    Objects.requireNonNull(subject, "subject");
    ingress = List.copyOf(ingress);
    egress = List.copyOf(egress);
  }

  /** The rules of one direction, in order. */
  public List<Rule> rules(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }

  /**
   * What is done with a connection.
   *
   * @param ports any of them; empty is every port, and every protocol
   * @param peers any of them; nothing is nobody
   */
  public record Rule(Action action, List<PortMatch> ports, List<Peer> peers) {
    public Rule {
      Objects.requireNonNull(action, "action");
      ports = List.copyOf(ports);
      peers = List.copyOf(peers);
    }

    /**
     * A rule as it is read, with an empty entry for each of its protocols that is of a kind that is
     * not supported. One that accepts does not match by that; any other has an unsupported peer,
     * too.
     */
    public static Rule read(Action action, List<Optional<PortMatch>> protocols, List<Peer> peers) {
      List<PortMatch> ports = protocols.stream().flatMap(Optional::stream).toList();
      if (ports.size() == protocols.size()) {
        return new Rule(action, ports, peers);
      }
      if (action == Action.ACCEPT) {
        return new Rule(action, ports, ports.isEmpty() ? List.of() : peers);
      }
      return new Rule(
          action, ports, Stream.concat(peers.stream(), Stream.of(new Unsupported())).toList());
    }

    /**
     * The rule where one of its peers is of a kind that is not supported: one that accepts matches
     * nobody by that peer, and any other denies everything ("fail closed" of the reference).
     */
    public Rule failingClosed() {
      if (peers.stream().noneMatch(Unsupported.class::isInstance)) {
        return this;
      }
      return action == Action.ACCEPT
          ? new Rule(
              action, ports, peers.stream().filter(p -> !(p instanceof Unsupported)).toList())
          : new Rule(Action.DENY, List.of(), List.of(new Everybody()));
    }
  }

  /** A side of a rule. */
  public sealed interface Peer {}

  /** Pods that selectors choose, none of them with the host's network. */
  public record Pods(LabelSelector namespaceSelector, LabelSelector podSelector) implements Peer {
    public Pods {
      Objects.requireNonNull(namespaceSelector, "namespaceSelector");
      Objects.requireNonNull(podSelector, "podSelector");
    }

    /** Whether a pod is one of them. */
    public boolean selects(Pod pod, Namespace namespace) {
      return pod.isSelectable()
          && namespaceSelector.matches(namespace.labels())
          && podSelector.matches(pod.labels());
    }
  }

  /** Networks; they mean pods, too. */
  public record Networks(List<IpPrefix> cidrs) implements Peer {
    public Networks {
      cidrs = List.copyOf(cidrs);
    }
  }

  /** Of a kind that is not supported: nodes, domain names, and what comes after this version. */
  public record Unsupported() implements Peer {}

  /** Everybody; the reference has no such peer, and denies to it where one is not supported. */
  public record Everybody() implements Peer {}
}
