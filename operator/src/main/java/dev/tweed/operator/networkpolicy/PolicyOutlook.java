package dev.tweed.operator.networkpolicy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a policy has to be in force.
 *
 * @param namespace of a NetworkPolicy; empty for a ClusterNetworkPolicy
 * @param name of the policy
 * @param uid of the policy
 * @param generation of its spec
 * @param program it is compiled to
 * @param pods how many it selects on each node that has any, by name of the node
 * @param unread what of it is not in force as it is written, as {@link PolicyObject#unread}
 * @param refused why its program could not be written; empty where it could
 */
public record PolicyOutlook(
    Optional<String> namespace,
    String name,
    String uid,
    long generation,
    String program,
    Map<String, Integer> pods,
    List<String> unread,
    Optional<String> refused) {
  public PolicyOutlook {
    Objects.requireNonNull(namespace, "namespace");
    pods = Map.copyOf(pods);
    unread = List.copyOf(unread);
    Objects.requireNonNull(refused, "refused");
  }

  /** The same with why its program could not be written. */
  public PolicyOutlook withRefused(Optional<String> why) {
    return new PolicyOutlook(namespace, name, uid, generation, program, pods, unread, why);
  }
}
