package dev.tweed.policy.source;

import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.PortMatch;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A NetworkPolicy as {@code networking.k8s.io/v1} has it.
 *
 * @param uid of the policy
 * @param generation of its spec
 * @param namespace it is in, and all pods it selects
 * @param podSelector which of them
 * @param policyTypes as written; empty where they are not
 * @param ingress rules, in order
 * @param egress rules, in order
 */
public record NetworkPolicy(
    String uid,
    long generation,
    String namespace,
    LabelSelector podSelector,
    Set<Direction> policyTypes,
    List<Rule> ingress,
    List<Rule> egress) {
  public NetworkPolicy {
    Objects.requireNonNull(uid, "uid");
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(podSelector, "podSelector");
    policyTypes = Set.copyOf(policyTypes);
    ingress = List.copyOf(ingress);
    egress = List.copyOf(egress);
  }

  /**
   * Directions in which it closes the pods it selects: where it does not say so itself, ingress,
   * and egress if there are rules for that.
   */
  public Set<Direction> isolates() {
    if (!policyTypes.isEmpty()) {
      return policyTypes;
    }
    return egress.isEmpty()
        ? Set.of(Direction.INGRESS)
        : EnumSet.of(Direction.INGRESS, Direction.EGRESS);
  }

  /** The rules of one direction that count: none where it does not isolate. */
  public List<Rule> rules(Direction direction) {
    if (!isolates().contains(direction)) {
      return List.of();
    }
    return direction == Direction.INGRESS ? ingress : egress;
  }

  /** Whether it selects a pod. */
  public boolean selects(Pod pod) {
    return pod.isSelectable()
        && pod.namespace().equals(namespace)
        && podSelector.matches(pod.labels());
  }

  /**
   * What is allowed.
   *
   * @param ports any of them; empty is every port, and every protocol
   * @param peers any of them; empty is everybody
   */
  public record Rule(List<PortMatch> ports, List<Peer> peers) {
    public Rule {
      ports = List.copyOf(ports);
      peers = List.copyOf(peers);
    }
  }

  /** A side of a rule. */
  public sealed interface Peer {}

  /**
   * Pods.
   *
   * @param namespaceSelector empty means the namespace of the policy
   * @param podSelector everything where the policy has none
   */
  public record Pods(Optional<LabelSelector> namespaceSelector, LabelSelector podSelector)
      implements Peer {
    public Pods {
      Objects.requireNonNull(namespaceSelector, "namespaceSelector");
      Objects.requireNonNull(podSelector, "podSelector");
    }
  }

  /**
   * A network.
   *
   * @param block empty where it cannot be read, which is nobody
   */
  public record Block(Optional<IpBlock> block) implements Peer {
    public Block {
      Objects.requireNonNull(block, "block");
    }
  }
}
