package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A policy as it is written, with the name that people know it by. */
public sealed interface PolicyObject {

  /** Name of the object. */
  String name();

  /** The namespace it is in; empty for one of the whole cluster. */
  Optional<String> namespace();

  /** UID of the object. */
  String uid();

  /** Generation of its spec. */
  long generation();

  /** Whether pods of a namespace with these labels are its subjects, if they are selectable. */
  boolean selects(String namespace, Map<String, String> namespaceLabels, Map<String, String> pod);

  /** A NetworkPolicy. */
  record OfNamespace(String name, NetworkPolicy policy) implements PolicyObject {
    public OfNamespace {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
    }

    @Override
    public Optional<String> namespace() {
      return Optional.of(policy.namespace());
    }

    @Override
    public String uid() {
      return policy.uid();
    }

    @Override
    public long generation() {
      return policy.generation();
    }

    @Override
    public boolean selects(
        String namespace, Map<String, String> namespaceLabels, Map<String, String> pod) {
      return policy.namespace().equals(namespace) && policy.podSelector().matches(pod);
    }
  }

  /** A ClusterNetworkPolicy. */
  record OfCluster(String name, ClusterNetworkPolicy policy) implements PolicyObject {
    public OfCluster {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
    }

    @Override
    public Optional<String> namespace() {
      return Optional.empty();
    }

    @Override
    public String uid() {
      return policy.uid();
    }

    @Override
    public long generation() {
      return policy.generation();
    }

    @Override
    public boolean selects(
        String namespace, Map<String, String> namespaceLabels, Map<String, String> pod) {
      return policy.subject().isPresent()
          && policy.subject().get().namespaceSelector().matches(namespaceLabels)
          && policy.subject().get().podSelector().matches(pod);
    }
  }
}
