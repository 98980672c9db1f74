package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftMatch.Dimension;
import dev.tweed.firewall.nft.NftPairs.Pair;
import dev.tweed.firewall.nft.RowMerging.Merged;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rules of one sort that differ in an address and in the destination port become one with a set of
 * pairs. Pure. The kernel takes no overlapping pairs in a set, so a rule that has one stays alone.
 */
final class PairMerging {

  /** Fewer rules are easier to read as they are. */
  private static final int WORTHWHILE = 4;

  /** Pairs of one rule; more of them are lists that are better off as lists. */
  private static final int MAX_PRODUCT = 64;

  /** A pair and the rule it comes from. */
  private record Owned(Pair pair, Merged rule) {}

  private PairMerging() {}

  /** Rules that come to the same in any order. */
  static List<Merged> merge(List<Merged> rules) {
    return along(Dimension.DESTINATIONS, along(Dimension.SOURCES, rules));
  }

  private static List<Merged> along(Dimension address, List<Merged> rules) {
    Map<NftMatch, List<Merged>> byRest = new LinkedHashMap<>();
    for (Merged rule : rules) {
      if (isPair(address, rule)) {
        byRest.computeIfAbsent(rest(address, rule), key -> new ArrayList<>()).add(rule);
      }
    }
    // By identity: rules are long, and to compare them takes long.
    Map<Merged, Merged> places = new IdentityHashMap<>();
    byRest.forEach(
        (rest, group) -> {
          List<Merged> together = together(address, group);
          if (together.size() >= WORTHWHILE) {
            Merged one = united(address, rest, together);
            together.forEach(rule -> places.put(rule, one));
          }
        });
    Set<Merged> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    // In the place of the first, for people who read it.
    return rules.stream().map(rule -> places.getOrDefault(rule, rule)).filter(kept::add).toList();
  }

  private static NftMatch rest(Dimension address, Merged rule) {
    return rule.match().without(address).without(Dimension.DESTINATION_PORTS);
  }

  private static boolean isPair(Dimension address, Merged rule) {
    int product = prefixes(address, rule.match()).size() * rule.match().destinationPorts().size();
    return rule.pairs().isEmpty() && product > 0 && product <= MAX_PRODUCT;
  }

  private static List<IpPrefix> prefixes(Dimension address, NftMatch match) {
    return address == Dimension.SOURCES ? match.sources() : match.destinations();
  }

  private static Merged united(Dimension address, NftMatch rest, List<Merged> together) {
    return new Merged(
        together.getFirst().sort(),
        rest,
        Optional.of(
            new NftPairs(
                address,
                together.stream()
                    .flatMap(rule -> owned(address, rule).stream())
                    .map(Owned::pair)
                    .toList())),
        together.stream().flatMap(rule -> rule.rows().stream()).distinct().toList());
  }

  private static List<Merged> together(Dimension address, List<Merged> group) {
    Set<Merged> alone = group.size() < WORTHWHILE ? Set.of() : overlapping(address, group);
    return group.stream().filter(rule -> !alone.contains(rule)).toList();
  }

  private static List<Owned> owned(Dimension address, Merged rule) {
    return prefixes(address, rule.match()).stream()
        .flatMap(
            prefix ->
                rule.match().destinationPorts().stream()
                    .map(port -> new Owned(new Pair(prefix, port), rule)))
        .toList();
  }

  private static Set<Merged> overlapping(Dimension address, List<Merged> group) {
    List<Owned> all =
        group.stream()
            .flatMap(rule -> owned(address, rule).stream())
            .sorted((a, b) -> a.pair().prefix().compareTo(b.pair().prefix()))
            .toList();
    Set<Merged> found = Collections.newSetFromMap(new IdentityHashMap<>());
    // Sorted by address, then length: what holds a prefix is still open when it comes.
    Deque<Owned> open = new ArrayDeque<>();
    for (Owned next : all) {
      while (!open.isEmpty() && !open.peek().pair().prefix().contains(next.pair().prefix())) {
        open.pop();
      }
      if (open.stream().anyMatch(outer -> outer.pair().overlaps(next.pair()))) {
        found.add(next.rule());
      }
      open.push(next);
    }
    return found;
  }
}
