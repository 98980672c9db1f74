package dev.tweed.operator.policy;

import java.util.List;

/**
 * What a node says of its data path, for all its blocks.
 *
 * @param ready its pods can work, as far as it knows
 * @param programmed the data path is in place, whatever else keeps pods from working
 * @param reason of the condition Ready; empty if the daemon has not said anything
 * @param mtu of its pods, bytes; 0 if it does not say
 * @param about the NodeSubnets that this is about
 */
public record DataPathDigest(
    boolean ready, boolean programmed, String reason, int mtu, List<Observed> about) {
  /** Of a report that its daemon has not written. */
  public static final DataPathDigest NONE = new DataPathDigest(false, false, "", 0, List.of());

  /** A NodeSubnet as the daemon last acted on it. */
  public record Observed(String uid, long generation) {}

  public DataPathDigest {
    about = List.copyOf(about);
  }

  /** Whether it is about a NodeSubnet as it is now. */
  public boolean isAbout(String uid, long generation) {
    for (Observed subnet : about) {
      if (subnet.uid().equals(uid) && subnet.generation() >= generation) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is about a NodeSubnet, maybe as it was before. */
  public boolean isAbout(String uid) {
    return isAbout(uid, 0);
  }
}
