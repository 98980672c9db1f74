package dev.tweed.operator.allocation;

import dev.tweed.crds.DaemonNodes;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.NetworkOutcome.AcceptedInUse;
import dev.tweed.operator.allocation.NetworkOutcome.PoolReserved;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A PodNetwork with its pools read and judged against the older ones and what is not for pods. */
record CandidateNetwork(
    NetworkFacts facts,
    List<Pool> pools,
    Map<IpPrefix, String> reserved,
    NetworkOutcome.Acceptance acceptance) {
  // RFC 1918, 6598, 5737, 2544 and 1112; whatever else IPv4 has is somebody's.
  private static final List<IpPrefix> NOT_PUBLIC =
      Stream.of(
              "10.0.0.0/8",
              "172.16.0.0/12",
              "192.168.0.0/16",
              "100.64.0.0/10",
              "192.0.2.0/24",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "198.18.0.0/15",
              "240.0.0.0/4")
          .map(IpPrefix::parse)
          .toList();

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
            facts,
            List.of(),
            Map.of(),
            new NetworkOutcome.InvalidSpec("spec.pools[" + i + "]", message));
      }
      pool.ifPresent(pools::add);
    }
    if (!facts.unknownValues().isEmpty()) {
      return new CandidateNetwork(
          facts,
          List.copyOf(pools),
          Map.of(),
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
                .or(() -> publicRange(pools))
                .orElseGet(NetworkOutcome.Accepted::new);
    return new CandidateNetwork(facts, List.copyOf(pools), reservations(facts), acceptance);
  }

  // The first of two, as the schema would have refused; as the spec has them, else.
  private static Map<IpPrefix, String> reservations(NetworkFacts facts) {
    Map<IpPrefix, String> reserved = new LinkedHashMap<>();
    for (PodNetworkSpec.Reservation reservation : facts.spec().reservations()) {
      for (String cidr : reservation.cidrs()) {
        IpPrefix.tryParseNetwork(cidr)
            .ifPresent(block -> reserved.putIfAbsent(block, reservation.nodeName()));
      }
    }
    return reserved;
  }

  private static Optional<NetworkOutcome.Acceptance> publicRange(List<Pool> pools) {
    return pools.stream()
        .map(Pool::cidr)
        .filter(cidr -> cidr.family() == AddressFamily.IPV4)
        .filter(cidr -> NOT_PUBLIC.stream().noneMatch(range -> range.contains(cidr)))
        .findFirst()
        .map(
            cidr ->
                new NetworkOutcome.AcceptedPublic(
                    cidr.toString(), 1L << cidr.family().bits() - cidr.length()));
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
      case NetworkOutcome.AcceptedPublic a -> true;
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
    return facts.spec().nodeSelector().matches(node.labels())
        && DaemonNodes.canRunOn(node.labels());
  }

  /** Whether it would select the node, were Tweed's daemon able to run there. */
  boolean selectsInVain(NodeFacts node) {
    return !DaemonNodes.canRunOn(node.labels())
        && facts.spec().nodeSelector().matches(node.labels());
  }

  /** Blocks that are kept for nodes. */
  Set<IpPrefix> reservations() {
    return reserved.keySet();
  }

  /** The block of the family that is kept for a node. */
  Optional<IpPrefix> reservation(AddressFamily family, NodeFacts node) {
    for (Map.Entry<IpPrefix, String> kept : reserved.entrySet()) {
      if (kept.getKey().family() == family && kept.getValue().equals(node.name())) {
        return Optional.of(kept.getKey());
      }
    }
    return Optional.empty();
  }

  /** Whether a block that is kept for the node may be given to it. */
  boolean offersReserved(IpPrefix block, NodeFacts node) {
    return node.name().equals(reserved.get(block))
        && pools.stream().anyMatch(pool -> pool.mayGive(block));
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
    return reserved.getOrDefault(block, node.name()).equals(node.name())
        && pools.stream()
            .anyMatch(
                p ->
                    p.mayGive(block) && p.leaves(block) && p.nodeSelector().matches(node.labels()));
  }

  /** Whether the range may be taken over, as another allocator's block. */
  boolean takesOver(IpPrefix block) {
    for (Pool pool : pools) {
      if (pool.gives() && pool.cidr().contains(block)) {
        return true;
      }
    }
    return false;
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
