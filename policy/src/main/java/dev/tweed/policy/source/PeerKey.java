package dev.tweed.policy.source;

import dev.tweed.ip.IpAddress;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NamedPort;
import dev.tweed.policy.PolicyNames;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whose addresses a set holds. Selectors of several policies that ask the same have one set.
 *
 * @param namespace the one of the policy, or empty: those of the selector
 * @param namespaceSelector everything where there is a namespace
 * @param podSelector which pods of these
 * @param port only pods that have this port: an egress rule that names a port is a rule for each
 *     number, each with the pods where the name means that
 * @param within only addresses in this block: one that names a port means pods
 */
public record PeerKey(
    Optional<String> namespace,
    LabelSelector namespaceSelector,
    LabelSelector podSelector,
    Optional<NamedPort> port,
    Optional<IpBlock> within) {
  /** All pods of the cluster. */
  public static final PeerKey EVERYTHING =
      new PeerKey(
          Optional.empty(),
          LabelSelector.EVERYTHING,
          LabelSelector.EVERYTHING,
          Optional.empty(),
          Optional.empty());

  public PeerKey {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(namespaceSelector, "namespaceSelector");
    Objects.requireNonNull(podSelector, "podSelector");
    Objects.requireNonNull(port, "port");
    Objects.requireNonNull(within, "within");
    if (namespace.isPresent() && !namespaceSelector.isEverything()) {
      throw new IllegalArgumentException("a namespace, and a selector of namespaces");
    }
  }

  /** Those of a NetworkPolicy's peer. */
  public static PeerKey of(NetworkPolicy policy, NetworkPolicy.Pods peer) {
    return new PeerKey(
        peer.namespaceSelector().isPresent() ? Optional.empty() : Optional.of(policy.namespace()),
        peer.namespaceSelector().orElse(LabelSelector.EVERYTHING),
        peer.podSelector(),
        Optional.empty(),
        Optional.empty());
  }

  /** Those of a ClusterNetworkPolicy's peer. */
  public static PeerKey of(ClusterNetworkPolicy.Pods peer) {
    return new PeerKey(
        Optional.empty(),
        peer.namespaceSelector(),
        peer.podSelector(),
        Optional.empty(),
        Optional.empty());
  }

  /** Those of these that have a port. */
  public PeerKey with(NamedPort port) {
    return new PeerKey(namespace, namespaceSelector, podSelector, Optional.of(port), within);
  }

  /** Those of these that a block means. */
  public PeerKey with(IpBlock block) {
    return new PeerKey(namespace, namespaceSelector, podSelector, port, Optional.of(block));
  }

  /** Whether these are all pods of the cluster, for which no set is needed. */
  public boolean isEverything() {
    return equals(EVERYTHING);
  }

  /**
   * Addresses of a pod that the set holds.
   *
   * @param of the namespace of the pod
   */
  public Set<IpAddress> addresses(Pod pod, Namespace of) {
    if (!selects(pod, of)) {
      return Set.of();
    }
    return within.isEmpty()
        ? pod.addresses()
        : pod.addresses().stream()
            .filter(a -> within.get().contains(a))
            .collect(Collectors.toUnmodifiableSet());
  }

  private boolean selects(Pod pod, Namespace of) {
    return pod.isSelectable()
        && namespace.map(pod.namespace()::equals).orElse(true)
        && namespaceSelector.matches(of.labels())
        && podSelector.matches(pod.labels())
        && port.map(pod.namedPorts()::contains).orElse(true);
  }

  /** Name of the set. */
  public String setName() {
    return PolicyNames.peerSet(
        String.join(
            "\n",
            namespace.orElse(""),
            namespaceSelector.canonical(),
            podSelector.canonical(),
            port.map(p -> p.name() + " " + p.protocol() + " " + p.number()).orElse(""),
            within.map(b -> b.cidr() + " " + b.except()).orElse("")));
  }
}
