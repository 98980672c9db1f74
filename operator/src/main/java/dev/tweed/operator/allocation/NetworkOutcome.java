package dev.tweed.operator.allocation;

import dev.tweed.crds.UnknownValue;
import java.util.List;
import java.util.Map;

/**
 * How one PodNetwork fares.
 *
 * @param acceptance whether blocks are handed out at all
 * @param selected nodes that belong to it
 * @param allocated those of them that hold every block they need, claims of this plan included
 * @param shortfalls which nodes lack what; none that holds for no node
 * @param pools use of each pool, in the order of the spec
 * @param conflicts addresses that two of its nodes claim, the oldest node first
 */
public record NetworkOutcome(
    Acceptance acceptance,
    int selected,
    int allocated,
    Map<Shortfall, NodeNames> shortfalls,
    List<PoolUse> pools,
    List<AddressConflict> conflicts) {
  public NetworkOutcome {
    shortfalls = Map.copyOf(shortfalls);
    conflicts = List.copyOf(conflicts);
  }

  /** The nodes for which it holds. */
  public NodeNames nodes(Shortfall shortfall) {
    return shortfalls.getOrDefault(shortfall, NodeNames.of(List.of()));
  }

  /** Whether a network takes part in allocation. */
  public sealed interface Acceptance {}

  /** It does. */
  public record Accepted() implements Acceptance {}

  /**
   * It does, although a pool of it has addresses of the Internet, which pods do not reach then.
   *
   * @param addresses how many the pool has
   */
  public record AcceptedPublic(String pool, long addresses) implements Acceptance {}

  /** A pool of it overlaps one of an older network. */
  public record PoolOverlap(String pool, String otherNetwork, String otherPool)
      implements Acceptance {}

  /**
   * A pool of it contains addresses that are not for pods.
   *
   * @param reserved the first of them
   */
  public record PoolReserved(String pool, ReservedRange reserved) implements Acceptance {}

  /**
   * It does, although a pool of it contains addresses that are not for pods: nodes hold blocks of
   * it, and cannot be moved. No further block that overlaps those addresses is handed out.
   */
  public record AcceptedInUse(PoolReserved despite) implements Acceptance {}

  /** A pool cannot be read; the schema refuses such a spec, so this is a second line of defence. */
  public record InvalidSpec(String field, String message) implements Acceptance {}

  /** Its spec has a value that this version does not know, so nobody knows what it asks for. */
  public record UnknownSpec(UnknownValue first) implements Acceptance {}

  /**
   * Blocks of a pool.
   *
   * @param capacity without those that have addresses which are not for pods
   * @param reserved kept for nodes that do not hold them
   * @param disabled whether none is given to a node any more
   */
  public record PoolUse(
      String cidr, long capacity, long allocated, long reserved, boolean disabled) {
    /** Blocks that any node may still get. */
    public long free() {
      return disabled ? 0 : capacity - allocated - reserved;
    }
  }

  /** How many nodes, and the names of the first few: a message must stay readable. */
  public record NodeNames(int count, List<String> first) {
    /** Names beyond these are only counted. */
    public static final int SHOWN = 5;

    /** Counts names; they may come in any order. */
    public static NodeNames of(List<String> names) {
      return new NodeNames(names.size(), names.stream().sorted().limit(SHOWN).toList());
    }

    /** Whether there are any. */
    public boolean any() {
      return count > 0;
    }

    @Override
    public String toString() {
      return String.join(", ", first)
          + (count > first.size() ? " and " + (count - first.size()) + " more" : "");
    }
  }
}
