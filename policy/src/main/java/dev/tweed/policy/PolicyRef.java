package dev.tweed.policy;

import java.util.Objects;

/**
 * The policy a program was compiled from. Without its name: daemons are not told any.
 *
 * @param kind which API it is of
 * @param uid of the object
 * @param generation of its spec
 */
public record PolicyRef(Kind kind, String uid, long generation) {
  public PolicyRef {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(uid, "uid");
  }

  /** The kinds of policies. */
  public enum Kind {
    NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY
  }
}
