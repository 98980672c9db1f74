package dev.tweed.operator.reach;

import java.util.List;
import java.util.Map;

/**
 * How the nodes of one network reach each other, by their own word.
 *
 * @param nodes that belong to the network
 * @param reaching nodes that reach all they ask, at least with small packets
 * @param failing nodes that do not reach another that lives
 * @param unknown the others, by the reason they give; empty is that they say nothing
 * @param port UDP port of the tunnel; 0 if packets go without one
 * @param causes what most likely keeps pairs of nodes apart, the one with most pairs first
 * @param unanswered the same of pairs that nobody has seen together yet: it may be that one of them
 *     is not up
 */
public record NetworkReach(
    int nodes,
    int reaching,
    int failing,
    Map<String, Integer> unknown,
    int port,
    List<Cause> causes,
    List<Cause> unanswered) {
  public NetworkReach {
    unknown = Map.copyOf(unknown);
    causes = List.copyOf(causes);
    unanswered = List.copyOf(unanswered);
  }

  /** Nobody has said anything. */
  public static NetworkReach none() {
    return new NetworkReach(0, 0, 0, Map.of(), 0, List.of(), List.of());
  }

  /** Two nodes, in the order of their names. */
  public record Pair(String one, String other) implements Comparable<Pair> {
    static Pair of(String a, String b) {
      return a.compareTo(b) <= 0 ? new Pair(a, b) : new Pair(b, a);
    }

    @Override
    public int compareTo(Pair pair) {
      int first = one.compareTo(pair.one);
      return first != 0 ? first : other.compareTo(pair.other);
    }

    @Override
    public String toString() {
      return one + " and " + other;
    }
  }

  /** What kind of thing it is that keeps nodes apart. */
  public enum Kind {
    /** The host of a node drops the packets. */
    HOST,
    /** Both hosts send, and nothing arrives. */
    BETWEEN,
    /** Large packets are lost. */
    MTU,
    /** The nodes do not know. */
    UNKNOWN
  }

  /**
   * One cause.
   *
   * @param host of {@link Kind#HOST} whose; else empty
   * @param passes of {@link Kind#MTU} the bytes that pass to all, or 0; else 0
   * @param pairs how many pairs of nodes it keeps apart
   * @param first of those, a few
   */
  public record Cause(Kind kind, String host, int passes, int pairs, List<Pair> first) {
    /** Pairs that are named. */
    static final int SHOWN = 3;

    public Cause {
      first = List.copyOf(first);
    }
  }
}
