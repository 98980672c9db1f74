package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PortRange;
import dev.tweed.firewall.rules.Protocol;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What a rule matches: packets that have one of each list. An empty list asks for nothing.
 *
 * @param family empty is both
 * @param protocols only TCP and UDP if there are ports
 * @param icmpTypes of messages, with one protocol of ICMP and its family only
 * @param sources of the family, none inside another, sorted
 * @param destinations likewise
 * @param sourcePorts sorted, with gaps between them
 * @param destinationPorts likewise
 * @param interfaceIn only packets that come in by it
 * @param interfaceOut only packets that leave by it
 */
record NftMatch(
    Optional<AddressFamily> family,
    List<Protocol> protocols,
    List<Integer> icmpTypes,
    List<IpPrefix> sources,
    List<IpPrefix> destinations,
    List<PortRange> sourcePorts,
    List<PortRange> destinationPorts,
    Optional<String> interfaceIn,
    Optional<String> interfaceOut) {

  NftMatch {
    protocols = List.copyOf(protocols);
    icmpTypes = List.copyOf(icmpTypes);
    sources = cover(sources);
    destinations = cover(destinations);
    sourcePorts = PortRange.union(sourcePorts);
    destinationPorts = PortRange.union(destinationPorts);
  }

  /** The match of a row, with these of its protocols. */
  static NftMatch of(FilterRow row, List<Protocol> protocols) {
    return new NftMatch(
        Optional.of(row.family()),
        protocols,
        row.icmpTypes(),
        prefixes(row.source()),
        prefixes(row.destination()),
        row.sourcePorts(),
        row.destinationPorts(),
        row.interfaceIn(),
        row.interfaceOut());
  }

  private static List<IpPrefix> prefixes(IpPrefix prefix) {
    return prefix.length() == 0 ? List.of() : List.of(prefix.network());
  }

  private NftMatch with(
      Optional<AddressFamily> family, List<IpPrefix> sources, List<IpPrefix> destinations) {
    return new NftMatch(
        family,
        protocols,
        icmpTypes,
        sources,
        destinations,
        sourcePorts,
        destinationPorts,
        interfaceIn,
        interfaceOut);
  }

  /**
   * Few matches for many, of the same packets: those of each source with each destination become
   * one, and those of both families that ask for no address.
   */
  static List<NftMatch> unite(List<NftMatch> matches) {
    List<NftMatch> bySource =
        along(matches, NftMatch::sources, (m, s) -> m.with(m.family, s, m.destinations));
    List<NftMatch> byBoth =
        along(bySource, NftMatch::destinations, (m, d) -> m.with(m.family, m.sources, d));
    Set<NftMatch> all = Set.copyOf(byBoth);
    return byBoth.stream()
        .map(m -> all.contains(m.inTheOther()) ? m.with(Optional.empty(), List.of(), List.of()) : m)
        .distinct()
        .toList();
  }

  /** The same of the other family; of none that asks for addresses is there such a match. */
  private NftMatch inTheOther() {
    return with(
        family.map(f -> f == AddressFamily.IPV4 ? AddressFamily.IPV6 : AddressFamily.IPV4),
        sources,
        destinations);
  }

  private static List<NftMatch> along(
      List<NftMatch> matches,
      Function<NftMatch, List<IpPrefix>> list,
      BiFunction<NftMatch, List<IpPrefix>, NftMatch> with) {
    Map<NftMatch, List<List<IpPrefix>>> byRest = new LinkedHashMap<>();
    for (NftMatch match : matches) {
      byRest
          .computeIfAbsent(with.apply(match, List.of()), rest -> new ArrayList<>())
          .add(list.apply(match));
    }
    List<NftMatch> united = new ArrayList<>();
    byRest.forEach(
        (rest, lists) ->
            united.add(
                lists.stream().anyMatch(List::isEmpty)
                    ? rest // anywhere
                    : with.apply(rest, lists.stream().flatMap(List::stream).toList())));
    return united;
  }

  private static List<IpPrefix> cover(List<IpPrefix> prefixes) {
    List<IpPrefix> kept = new ArrayList<>();
    // By address, then length: whatever holds a prefix comes before it.
    for (IpPrefix prefix : prefixes.stream().sorted().toList()) {
      if (kept.isEmpty() || !kept.getLast().contains(prefix)) {
        kept.add(prefix);
      }
    }
    return List.copyOf(kept);
  }
}
