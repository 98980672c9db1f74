package dev.tweed.operator.allocation;

import dev.tweed.operator.allocation.ReservedRange.Kind;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is not for pods: the addresses of all nodes, and the ranges of Services. */
final class ReservedRanges {
  private final OccupiedRanges ranges = new OccupiedRanges();
  private final Map<Cidr, ReservedRange> known = new HashMap<>();

  /**
   * @param serviceCIDRs ranges by name of their ServiceCIDR
   */
  ReservedRanges(Collection<NodeFacts> nodes, Map<String, List<String>> serviceCIDRs) {
    new TreeMap<>(serviceCIDRs)
        .forEach(
            (name, cidrs) ->
                cidrs.stream()
                    .flatMap(text -> Cidr.parse(text).stream())
                    .forEach(cidr -> add(Kind.SERVICE_CIDR, cidr, name)));
    nodes.stream()
        .sorted(Comparator.comparing(NodeFacts::name))
        .forEach(
            node ->
                NodeAddresses.all(node)
                    .forEach(address -> add(Kind.NODE_ADDRESS, address, node.name())));
  }

  private void add(Kind kind, Cidr cidr, String name) {
    known.putIfAbsent(cidr, new ReservedRange(kind, cidr.toString(), name));
    ranges.add(cidr);
  }

  /** The lowest that the pool has an address of, if it has any. */
  Optional<ReservedRange> first(Pool pool) {
    return within(pool).stream().findFirst().map(known::get);
  }

  /** Whether the range has any of them. */
  boolean overlaps(Cidr range) {
    return ranges.overlaps(range);
  }

  /** All that the pool has addresses of, in ascending order. */
  Collection<Cidr> within(Pool pool) {
    return ranges.within(pool.cidr());
  }
}
