package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.NetworkOutcome.AcceptedInUse;
import dev.tweed.operator.allocation.NetworkOutcome.PoolReserved;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A PodNetwork with its pools read and judged against the older ones and what is not for pods. */
record CandidateNetwork(
    NetworkFacts facts, List<Pool> pools, NetworkOutcome.Acceptance acceptance) {
  private static final Comparator<NetworkFacts> OLDEST_FIRST =
      Comparator.comparing(NetworkFacts::created).thenComparing(NetworkFacts::name);

  /**
   * Judges all networks, oldest first: one is accepted when its pools overlap no pool of an
   * accepted older one, and nothing that is reserved; the latter counts only before it has handed
   * out blocks.
   */
  static List<CandidateNetwork> judge(
      List<NetworkFacts> networks, List<SubnetFacts> subnets, ReservedRanges reserved) {
    List<CandidateNetwork> judged = new ArrayList<>();
    for (NetworkFacts facts : networks.stream().sorted(OLDEST_FIRST).toList()) {
      judged.add(judge(facts, subnets, judged, reserved));
    }
    return List.copyOf(judged);
  }

  private static CandidateNetwork judge(
      NetworkFacts facts,
      List<SubnetFacts> subnets,
      List<CandidateNetwork> older,
      ReservedRanges reserved) {
    List<Pool> pools = new ArrayList<>();
    for (int i = 0; i < facts.spec().pools().size(); i++) {
      Optional<Pool> pool = Pool.of(facts.spec().pools().get(i));
      if (pool.isEmpty() && facts.unknownValues().isEmpty()) {
        String message =
            "is not a canonical CIDR with a nodePrefixLength that fits: "
                + facts.spec().pools().get(i).cidr();
        return new CandidateNetwork(
            facts, List.of(), new NetworkOutcome.InvalidSpec("spec.pools[" + i + "]", message));
      }
      pool.ifPresent(pools::add);
    }
    if (!facts.unknownValues().isEmpty()) {
      return new CandidateNetwork(
          facts,
          List.copyOf(pools),
          new NetworkOutcome.UnknownSpec(facts.unknownValues().getFirst()));
    }
    Optional<NetworkOutcome.PoolOverlap> overlap =
        older.stream()
            .filter(other -> other.accepted() || other.isUnknown())
            .flatMap(other -> overlaps(pools, other).stream())
            .findFirst();
    NetworkOutcome.Acceptance acceptance =
        overlap.isPresent()
            ? overlap.get()
            : reserved(pools, reserved)
                .<NetworkOutcome.Acceptance>map(
                    found -> inUse(facts, pools, subnets) ? new AcceptedInUse(found) : found)
                .orElseGet(NetworkOutcome.Accepted::new);
    return new CandidateNetwork(facts, List.copyOf(pools), acceptance);
  }

  private static Optional<PoolReserved> reserved(List<Pool> pools, ReservedRanges reserved) {
    return pools.stream()
        .flatMap(
            pool ->
                reserved.first(pool).stream()
                    .map(range -> new PoolReserved(pool.cidr().toString(), range)))
        .findFirst();
  }

  private static boolean inUse(NetworkFacts facts, List<Pool> pools, List<SubnetFacts> subnets) {
    return subnets.stream()
        .filter(subnet -> subnet.spec().podNetwork().equals(facts.name()))
        .flatMap(subnet -> subnet.block().stream())
        .anyMatch(block -> pools.stream().anyMatch(pool -> pool.cidr().contains(block)));
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
    return switch (acceptance) {
      case NetworkOutcome.Accepted a -> true;
      case AcceptedInUse a -> true;
      case NetworkOutcome.PoolOverlap no -> false;
      case PoolReserved no -> false;
      case NetworkOutcome.InvalidSpec no -> false;
      case NetworkOutcome.UnknownSpec no -> false;
    };
  }

  /** Whether its spec cannot be understood, so that nobody may lose or get a block by it. */
  boolean isUnknown() {
    return acceptance instanceof NetworkOutcome.UnknownSpec;
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
  boolean has(AddressFamily family) {
    return acceptance instanceof NetworkOutcome.InvalidSpec || isUnknown() || hasPoolOf(family);
  }

  private boolean hasPoolOf(AddressFamily family) {
    for (Pool pool : pools) {
      if (pool.cidr().family() == family) {
        return true;
      }
    }
    return false;
  }

  /** Whether a pool contains an address of the node; no other node would send packets there. */
  boolean containsAddressOf(NodeFacts node) {
    return node.addresses().ranges().stream()
        .anyMatch(address -> pools.stream().anyMatch(p -> p.cidr().contains(address)));
  }

  /** Whether the range is a block that the node may draw from one of the pools. */
  boolean offers(IpPrefix block, NodeFacts node) {
    return pools.stream()
        .anyMatch(
            p ->
                p.cidr().contains(block)
                    && p.nodePrefixLength() == block.length()
                    && p.nodeSelector().matches(node.labels()));
  }

  /**
   * Whether the range lies in a pool; a network whose pools cannot be read is given the benefit.
   */
  boolean covers(IpPrefix cidr) {
    return acceptance instanceof NetworkOutcome.InvalidSpec || isUnknown() || isInPool(cidr);
  }

  /** Whether a pool that can be read contains the range. */
  boolean isInPool(IpPrefix cidr) {
    for (Pool pool : pools) {
      if (pool.cidr().contains(cidr)) {
        return true;
      }
    }
    return false;
  }
}
