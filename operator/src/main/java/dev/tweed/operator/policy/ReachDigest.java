package dev.tweed.operator.policy;

import java.util.List;

/**
 * What the operator keeps of what a node says of the way to other nodes.
 *
 * @param status of its condition Reachable
 * @param reason of that; empty if it says nothing
 * @param unreached nodes that it does not reach, or not with large packets; a few at most, as its
 *     report has
 */
public record ReachDigest(Status status, String reason, List<Unreached> unreached) {
  public ReachDigest {
    unreached = List.copyOf(unreached);
  }

  /** Of the condition. */
  public enum Status {
    TRUE,
    FALSE,
    UNKNOWN
  }

  /** Where packets stop, seen from the node that says so. */
  public enum Where {
    /** On its own host. */
    HERE,
    /** Nothing of the other node reaches its host. */
    NOT_ARRIVING,
    /** Packets leave its host, and those of the other node arrive. */
    BEYOND,
    UNKNOWN
  }

  /**
   * Another node.
   *
   * @param large whether small packets pass
   * @param lives whether the node that says so has a sign of life of it
   * @param answered whether it has answered since the node knows it
   * @param passes bytes of the largest packet that is known to pass, if small ones do; or 0
   */
  public record Unreached(
      String node, boolean large, boolean lives, boolean answered, Where where, int passes) {}

  /** Of a report that says nothing. */
  public static final ReachDigest NONE = new ReachDigest(Status.UNKNOWN, "", List.of());
}
