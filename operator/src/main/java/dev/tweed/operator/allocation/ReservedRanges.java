package dev.tweed.operator.allocation;

import dev.tweed.ip.IpPrefix;
import dev.tweed.operator.allocation.ReservedRange.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What is not for pods: the addresses of all nodes, and the ranges of Services. */
final class ReservedRanges {
  private final List<IpPrefix> ranges = new ArrayList<>();
  private Optional<OccupiedRanges> sorted = Optional.empty();
  private final Collection<NodeFacts> nodes;
  private final SortedMap<String, List<String>> serviceCIDRs;

  /**
   * @param serviceCIDRs ranges by name of their ServiceCIDR
   */
  ReservedRanges(Collection<NodeFacts> nodes, Map<String, List<String>> serviceCIDRs) {
    this.nodes = nodes;
    this.serviceCIDRs = new TreeMap<>(serviceCIDRs);
    serviceCIDRs.values().forEach(cidrs -> parse(cidrs).forEach(ranges::add));
    for (NodeFacts node : nodes) {
      ranges.addAll(node.addresses().ranges());
    }
  }

  private static Stream<IpPrefix> parse(List<String> cidrs) {
    return cidrs.stream().flatMap(text -> IpPrefix.tryParseNetwork(text).stream());
  }

  /** The lowest that the pool has an address of, if it has any. */
  Optional<ReservedRange> first(Pool pool) {
    return within(pool).stream().findFirst().map(this::owned);
  }

  // A ServiceCIDR comes before a Node, and each by its name. Seldom asked, so it is looked for.
  private ReservedRange owned(IpPrefix range) {
    return serviceCIDRs.entrySet().stream()
        .filter(e -> parse(e.getValue()).anyMatch(range::equals))
        .map(e -> new ReservedRange(Kind.SERVICE_CIDR, range.toString(), e.getKey()))
        .findFirst()
        .orElseGet(
            () ->
                new ReservedRange(
                    Kind.NODE_ADDRESS,
                    range.toString(),
                    nodes.stream()
                        .filter(node -> node.addresses().ranges().contains(range))
                        .map(NodeFacts::name)
                        .min(Comparator.naturalOrder())
                        .orElseThrow()));
  }

  /** Whether the range has any of them. */
  boolean overlaps(IpPrefix range) {
    if (sorted.isEmpty()) { // not before it is needed, as in few runs
      OccupiedRanges all = new OccupiedRanges();
      ranges.forEach(all::add);
      sorted = Optional.of(all);
    }
    return sorted.get().overlaps(range);
  }

  /** All that the pool has addresses of, in ascending order. */
  Collection<IpPrefix> within(Pool pool) {
    OccupiedRanges inside = new OccupiedRanges();
    for (IpPrefix range : ranges) {
      if (pool.cidr().overlaps(range)) {
        inside.add(range);
      }
    }
    return inside.within(pool.cidr());
  }
}
