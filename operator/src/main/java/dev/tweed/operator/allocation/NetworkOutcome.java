package dev.tweed.operator.allocation;

import java.util.List;

/**
 * How one PodNetwork fares.
 *
 * @param acceptance whether blocks are handed out at all
 * @param selected nodes that belong to it
 * @param allocated those of them that hold every block they need, claims of this plan included
 * @param poolExhausted nodes for which no pool has a free block
 * @param noPool nodes that no pool's nodeSelector admits
 * @param noInternalIP nodes without an address of type InternalIP
 * @param addressInPool nodes that get no block because an InternalIP of theirs lies in a pool
 * @param releasing nodes that still hold a block that is to be released
 * @param noPodCIDR NodePodCIDR: nodes without {@code spec.podCIDRs}
 * @param outsidePools NodePodCIDR: nodes whose podCIDR is in no pool
 * @param podCIDRTaken NodePodCIDR: nodes whose podCIDR overlaps another node's block
 * @param selectedByAnother nodes it selects that belong to another network
 * @param podCIDRDiffers Operator: nodes whose {@code spec.podCIDRs} names another block
 * @param pools use of each pool, in the order of the spec
 */
public record NetworkOutcome(
    Acceptance acceptance,
    int selected,
    int allocated,
    NodeNames poolExhausted,
    NodeNames noPool,
    NodeNames noInternalIP,
    NodeNames addressInPool,
    NodeNames releasing,
    NodeNames noPodCIDR,
    NodeNames outsidePools,
    NodeNames podCIDRTaken,
    NodeNames selectedByAnother,
    NodeNames podCIDRDiffers,
    List<PoolUse> pools) {

  /** Whether a network takes part in allocation. */
  public sealed interface Acceptance {}

  /** It does. */
  public record Accepted() implements Acceptance {}

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

  /** Blocks of a pool; {@code capacity = allocated + free}. */
  public record PoolUse(String cidr, long capacity, long allocated) {
    /** Blocks nobody holds. */
    public long free() {
      return capacity - allocated;
    }
  }

  /** How many nodes, and the names of the first few: a message must stay readable. */
  public record NodeNames(int count, List<String> first) {
    /** Names beyond these are only counted. */
    public static final int SHOWN = 5;

    static NodeNames of(List<String> names) {
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
