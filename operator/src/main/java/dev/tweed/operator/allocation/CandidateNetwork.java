package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A PodNetwork with its pools read and judged against the older ones. */
record CandidateNetwork(
    NetworkFacts facts, List<Pool> pools, NetworkOutcome.Acceptance acceptance) {
  private static final Comparator<NetworkFacts> OLDEST_FIRST =
      Comparator.comparing(NetworkFacts::created).thenComparing(NetworkFacts::name);

  /**
   * Judges all networks, oldest first: one is accepted when its pools overlap no pool of an
   * accepted older one.
   */
  static List<CandidateNetwork> judge(List<NetworkFacts> networks) {
    List<CandidateNetwork> judged = new ArrayList<>();
    for (NetworkFacts facts : networks.stream().sorted(OLDEST_FIRST).toList()) {
      judged.add(judge(facts, judged));
    }
    return List.copyOf(judged);
  }

  private static CandidateNetwork judge(NetworkFacts facts, List<CandidateNetwork> older) {
    List<Pool> pools = new ArrayList<>();
    for (int i = 0; i < facts.spec().pools().size(); i++) {
      Optional<Pool> pool = Pool.of(facts.spec().pools().get(i));
      if (pool.isEmpty()) {
        String message =
            "is not a canonical CIDR with a nodePrefixLength that fits: "
                + facts.spec().pools().get(i).cidr();
        return new CandidateNetwork(
            facts, List.of(), new NetworkOutcome.InvalidSpec("spec.pools[" + i + "]", message));
      }
      pools.add(pool.get());
    }
    Optional<NetworkOutcome.PoolOverlap> overlap =
        older.stream()
            .filter(CandidateNetwork::accepted)
            .flatMap(other -> overlaps(pools, other).stream())
            .findFirst();
    return new CandidateNetwork(
        facts,
        List.copyOf(pools),
        overlap.isPresent() ? overlap.get() : new NetworkOutcome.Accepted());
  }

  private static Optional<NetworkOutcome.PoolOverlap> overlaps(
      List<Pool> pools, CandidateNetwork other) {
    for (Pool pool : pools) {
      for (Pool theirs : other.pools()) {
        if (pool.cidr().overlaps(theirs.cidr())) {
          return Optional.of(
              new NetworkOutcome.PoolOverlap(
                  pool.cidr().toString(), other.name(), theirs.cidr().toString()));
        }
      }
    }
    return Optional.empty();
  }

  String name() {
    return facts.name();
  }

  boolean accepted() {
    return acceptance instanceof NetworkOutcome.Accepted;
  }

  /** Whether it may hand out blocks. */
  boolean giving() {
    return accepted() && !facts.deleting();
  }

  boolean adopts() {
    return facts.spec().allocation() == PodNetworkSpec.Allocation.NodePodCIDR;
  }

  boolean selects(NodeFacts node) {
    return facts.spec().nodeSelector().matches(node.labels());
  }

  /** Whether a pool is of the family; unreadable pools are given the benefit, as below. */
  boolean has(Family family) {
    return acceptance instanceof NetworkOutcome.InvalidSpec
        || pools.stream().anyMatch(p -> p.cidr().family() == family);
  }

  /** Whether the range is a block that the node may draw from one of the pools. */
  boolean offers(Cidr block, NodeFacts node) {
    return pools.stream()
        .anyMatch(
            p ->
                p.cidr().contains(block)
                    && p.nodePrefixLength() == block.prefixLength()
                    && p.nodeSelector().matches(node.labels()));
  }

  /**
   * Whether the range lies in a pool; a network whose pools cannot be read is given the benefit.
   */
  boolean covers(Cidr cidr) {
    return acceptance instanceof NetworkOutcome.InvalidSpec
        || pools.stream().anyMatch(p -> p.cidr().contains(cidr));
  }
}
