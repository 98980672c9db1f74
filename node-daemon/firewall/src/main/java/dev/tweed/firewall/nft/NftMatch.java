package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What a rule matches: packets that have one of each list. An empty list asks for nothing.
 *
 * @param families never both
 * @param protocols only TCP and UDP if there are ports
 * @param sources of one family, none inside another, sorted
 * @param destinations likewise
 * @param sourcePorts sorted, with gaps between them
 * @param destinationPorts likewise
 * @param interfacesIn sorted
 * @param interfacesOut sorted
 */
record NftMatch(
    List<AddressFamily> families,
    List<Protocol> protocols,
    List<IpPrefix> sources,
    List<IpPrefix> destinations,
    List<PortRange> sourcePorts,
    List<PortRange> destinationPorts,
    List<String> interfacesIn,
    List<String> interfacesOut) {

  /** The lists. */
  enum Dimension {
    DESTINATION_PORTS,
    SOURCE_PORTS,
    PROTOCOLS,
    SOURCES,
    DESTINATIONS,
    INTERFACES_IN,
    INTERFACES_OUT,
    FAMILIES
  }

  NftMatch {
    families = List.copyOf(families);
    protocols = List.copyOf(protocols);
    sources = List.copyOf(sources);
    destinations = List.copyOf(destinations);
    sourcePorts = List.copyOf(sourcePorts);
    destinationPorts = List.copyOf(destinationPorts);
    interfacesIn = List.copyOf(interfacesIn);
    interfacesOut = List.copyOf(interfacesOut);
  }

  /** The matches of a row: ports of any protocol are those of TCP and those of UDP. */
  static List<NftMatch> of(FilterRow row) {
    boolean ports = !row.destinationPorts().isEmpty() || !row.sourcePorts().isEmpty();
    if (row.protocol() != Protocol.ANY) {
      return List.of(of(row, List.of(row.protocol())));
    }
    return ports
        ? List.of(of(row, List.of(Protocol.TCP)), of(row, List.of(Protocol.UDP)))
        : List.of(of(row, List.of()));
  }

  private static NftMatch of(FilterRow row, List<Protocol> protocols) {
    return new NftMatch(
        List.of(row.family()),
        protocols,
        prefixes(row.source()),
        prefixes(row.destination()),
        spans(row.sourcePorts()),
        spans(row.destinationPorts()),
        row.interfaceIn().map(List::of).orElse(List.of()),
        row.interfaceOut().map(List::of).orElse(List.of()));
  }

  private static List<IpPrefix> prefixes(IpPrefix prefix) {
    return prefix.length() == 0 ? List.of() : List.of(prefix.network());
  }

  /** This without one list: two matches with one such key differ in that list at most. */
  NftMatch without(Dimension dimension) {
    return united(dimension, List.of());
  }

  /**
   * What any of the matches matches, which differ in one list at most and are of this one's key.
   */
  NftMatch united(Dimension dimension, List<NftMatch> all) {
    return new NftMatch(
        dimension == Dimension.FAMILIES
            ? union(all, NftMatch::families, NftMatch::oneFamily)
            : families,
        dimension == Dimension.PROTOCOLS
            ? union(all, NftMatch::protocols, NftMatch::distinct)
            : protocols,
        dimension == Dimension.SOURCES ? union(all, NftMatch::sources, NftMatch::cover) : sources,
        dimension == Dimension.DESTINATIONS
            ? union(all, NftMatch::destinations, NftMatch::cover)
            : destinations,
        dimension == Dimension.SOURCE_PORTS
            ? union(all, NftMatch::sourcePorts, NftMatch::spans)
            : sourcePorts,
        dimension == Dimension.DESTINATION_PORTS
            ? union(all, NftMatch::destinationPorts, NftMatch::spans)
            : destinationPorts,
        dimension == Dimension.INTERFACES_IN
            ? union(all, NftMatch::interfacesIn, NftMatch::distinct)
            : interfacesIn,
        dimension == Dimension.INTERFACES_OUT
            ? union(all, NftMatch::interfacesOut, NftMatch::distinct)
            : interfacesOut);
  }

  /** Whether a packet may match both. */
  boolean overlaps(NftMatch other) {
    return meet(destinationPorts, other.destinationPorts, NftMatch::meet)
        && meet(sources, other.sources, IpPrefix::overlaps)
        && meet(protocols, other.protocols, Object::equals)
        && meet(destinations, other.destinations, IpPrefix::overlaps)
        && meet(sourcePorts, other.sourcePorts, NftMatch::meet)
        && meet(interfacesIn, other.interfacesIn, Object::equals)
        && meet(interfacesOut, other.interfacesOut, Object::equals)
        && meet(families, other.families, Object::equals);
  }

  /** The family, if it is one. */
  Optional<AddressFamily> family() {
    return families.stream().findFirst();
  }

  private static boolean meet(PortRange a, PortRange b) {
    return a.first() <= b.last() && b.first() <= a.last();
  }

  private static <T> boolean meet(List<T> some, List<T> others, BiPredicate<T, T> test) {
    if (some.isEmpty() || others.isEmpty()) {
      return true;
    }
    for (T one : some) {
      for (T other : others) {
        if (test.test(one, other)) {
          return true;
        }
      }
    }
    return false;
  }

  private static <T> List<T> union(
      List<NftMatch> all, Function<NftMatch, List<T>> list, UnaryOperator<List<T>> normal) {
    List<T> union = new ArrayList<>();
    for (NftMatch match : all) {
      List<T> one = list.apply(match);
      if (one.isEmpty()) {
        return List.of();
      }
      union.addAll(one);
    }
    return normal.apply(union);
  }

  private static List<AddressFamily> oneFamily(List<AddressFamily> families) {
    List<AddressFamily> distinct = distinct(families);
    return distinct.size() == AddressFamily.values().length ? List.of() : distinct;
  }

  private static <T extends Comparable<? super T>> List<T> distinct(List<T> values) {
    return values.stream().sorted().distinct().toList();
  }

  private static List<IpPrefix> cover(List<IpPrefix> prefixes) {
    List<IpPrefix> kept = new ArrayList<>();
    // By address, then length: whatever holds a prefix comes before it.
    for (IpPrefix prefix : prefixes.stream().sorted().toList()) {
      if (kept.isEmpty() || !kept.getLast().contains(prefix)) {
        kept.add(prefix);
      }
    }
    return kept;
  }

  /** The same ports, sorted, with gaps between the ranges. */
  static List<PortRange> spans(List<PortRange> ranges) {
    List<PortRange> kept = new ArrayList<>();
    for (PortRange range : ranges.stream().sorted().toList()) {
      if (!kept.isEmpty() && range.first() <= kept.getLast().last() + 1) {
        PortRange last = kept.removeLast();
        kept.add(new PortRange(last.first(), Math.max(last.last(), range.last())));
      } else {
        kept.add(range);
      }
    }
    return kept;
  }
}
