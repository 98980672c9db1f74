package dev.tweed.operator.networkpolicy;

import dev.tweed.policy.source.ClusterNetworkPolicy;
import dev.tweed.policy.source.NetworkPolicy;
import java.util.List;
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

  /**
   * What this version does not know of it, field by field, and what becomes of that; empty where it
   * is in force as it is written.
   */
  List<String> unread();

  /** Whether pods of a namespace with these labels are its subjects, if they are selectable. */
  boolean selects(String namespace, Map<String, String> namespaceLabels, Map<String, String> pod);

  /** A NetworkPolicy. */
  record OfNamespace(String name, NetworkPolicy policy, List<String> unread)
      implements PolicyObject {
    public OfNamespace {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
      unread = List.copyOf(unread);
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
  record OfCluster(String name, ClusterNetworkPolicy policy, List<String> unread)
      implements PolicyObject {
    public OfCluster {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
      unread = List.copyOf(unread);
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
