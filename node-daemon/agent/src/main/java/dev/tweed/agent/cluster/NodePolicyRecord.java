package dev.tweed.agent.cluster;

import dev.tweed.policy.PodEntry;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is kept of this node's NodePolicy.
 *
 * @param uid of the object: one that is made anew has no status yet
 * @param generation of the spec
 * @param pods that could be read
 * @param unreadablePods UIDs of those that could not
 * @param unreadable why nothing of it could be read, fit to be shown
 */
public record NodePolicyRecord(
    String uid,
    long generation,
    List<PodEntry> pods,
    Set<String> unreadablePods,
    Optional<String> unreadable) {
  public NodePolicyRecord {
    pods = List.copyOf(pods);
    unreadablePods = Set.copyOf(unreadablePods);
  }

  /** Names of the programs it refers to. */
  public Set<String> programNames() {
    return pods.stream().flatMap(p -> p.programs().stream()).collect(Collectors.toSet());
  }
}
