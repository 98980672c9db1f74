package dev.tweed.agent.cluster;

import dev.tweed.crds.FirewallPolicySpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of a FirewallPolicy.
 *
 * @param uid of this object: another one may come under its name
 * @param generation generation of the spec
 * @param spec what is asked for; one without rules if it cannot be read
 * @param unreadable why the spec cannot be read, fit to be shown; such objects were stored before a
 *     rule of the schema existed
 */
public record PolicyRecord(
    String name,
    String uid,
    long generation,
    FirewallPolicySpec spec,
    Optional<String> unreadable) {

  /** One that could be read. */
  public static PolicyRecord of(String name, String uid, long generation, FirewallPolicySpec spec) {
    return new PolicyRecord(name, uid, generation, spec, Optional.empty());
  }

  /** One that could not. */
  static PolicyRecord unreadable(String name, String uid, long generation, String why) {
    return new PolicyRecord(
        name,
        uid,
        generation,
        new FirewallPolicySpec(null, null, null, null, null, List.of()),
        Optional.of(why));
  }

  /** Whether it is for a node with these labels; of one that cannot be read nobody knows. */
  public boolean selects(Map<String, String> labels) {
    return unreadable.isPresent() || spec.nodeSelector().matches(labels);
  }
}
