package dev.tweed.enforce.table;

import java.util.Map;
import java.util.Set;

/**
 * A table and what its counters are about.
 *
 * @param table as it should be
 * @param drops by the name of the chain that drops
 * @param pods how many pods of the node each program is in force for, once the table is
 * @param missing programs and sets that pods need and that are not known
 */
public record CompiledPolicies(
    PolicyTable table, Map<String, Drop> drops, Map<String, Integer> pods, Set<String> missing) {
  public CompiledPolicies {
    drops = Map.copyOf(drops);
    pods = Map.copyOf(pods);
    missing = Set.copyOf(missing);
  }

  /**
   * Why a chain drops.
   *
   * @param cause of all packets it drops
   * @param programs that they are dropped by; several where each isolates the pod
   */
  public record Drop(Cause cause, Set<String> programs) {
    public Drop {
      programs = Set.copyOf(programs);
    }
  }

  /** Why packets are dropped; the names are values of a metric's label. */
  public enum Cause {
    /** A rule of a ClusterNetworkPolicy denies it, or would have to guess whom it is about. */
    DENIED("denied"),
    /** NetworkPolicies isolate the pod, and none allows it. */
    ISOLATED("isolated"),
    /** A program that selects the pod is not known, or cannot be read. */
    UNKNOWN_PROGRAM("unknown-program"),
    /** The pod is not known yet, or nobody has that address. */
    UNKNOWN_POD("unknown-pod"),
    /** Without a connection, which policies could judge. */
    UNTRACKED("untracked"),
    /** Between link-local addresses, of which nobody knows whose they are. */
    LINK_LOCAL("link-local"),
    /** From an address that is not the sender's. */
    SPOOFED("spoofed");

    private final String text;

    Cause(String text) {
      this.text = text;
    }

    /** The name for people and metrics. */
    public String text() {
      return text;
    }
  }
}
