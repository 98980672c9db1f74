package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.rules.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Few rules for many rows, with the same verdict for every packet. Pure.
 *
 * <p>Rows of one sort (what they do, and how it is logged) may change places with each other; rows
 * of different sorts only if no packet matches both. So each row moves up to the earliest layer of
 * its sort that it can reach. Within a layer, rows that differ in one list only become one rule,
 * and so do many that differ in an address and in the port.
 */
final class RowMerging {

  /** Rows of other sorts a row is compared with, at most: the square of all rows takes seconds. */
  private static final int REACH = 2_000;

  /**
   * What a rule does.
   *
   * @param action as in the rows
   * @param logging as in the rows
   * @param logged whose packets they are, if logged: each rule of a person has its own rate
   * @param reset whether a refusal is a TCP reset
   */
  record Sort(Action action, Logging logging, String logged, boolean reset) {
    static Sort of(FilterRow row, NftMatch match) {
      return new Sort(
          row.action(),
          row.logging(),
          row.logging() == Logging.NONE ? "" : row.origin() + "/" + row.rule(),
          row.action() == Action.REJECT && match.protocols().equals(List.of(Protocol.TCP)));
    }
  }

  /**
   * One rule.
   *
   * @param sort what it does
   * @param match with which packets
   * @param pairs and only those of them
   * @param rows that it stands for, or for a part of
   */
  record Merged(Sort sort, NftMatch match, Optional<NftPairs> pairs, List<FilterRow> rows) {
    Merged {
      rows = List.copyOf(rows);
    }
  }

  private record Layer(Sort sort, List<Merged> rules) {}

  private RowMerging() {}

  /** Rules in the order they have to be tried in. */
  static List<Merged> merge(List<FilterRow> rows) {
    List<Layer> layers = new ArrayList<>();
    for (FilterRow row : rows) {
      for (NftMatch match : NftMatch.of(row)) {
        Sort sort = Sort.of(row, match);
        layer(layers, sort, match).add(new Merged(sort, match, Optional.empty(), List.of(row)));
      }
    }
    return layers.stream()
        .flatMap(layer -> PairMerging.merge(products(layer.rules())).stream())
        .toList();
  }

  private static List<Merged> layer(List<Layer> layers, Sort sort, NftMatch match) {
    Layer place = null;
    int compared = 0;
    for (Layer layer : layers.reversed()) {
      if (layer.sort().equals(sort)) {
        place = layer;
        continue;
      }
      compared += layer.rules().size();
      if (compared > REACH
          || layer.rules().stream().anyMatch(rule -> rule.match().overlaps(match))) {
        break;
      }
    }
    if (place == null) {
      place = new Layer(sort, new ArrayList<>());
      layers.add(place);
    }
    return place.rules();
  }

  private static List<Merged> products(List<Merged> rules) {
    List<Merged> now = rules;
    int before;
    do {
      before = now.size();
      for (NftMatch.Dimension dimension : NftMatch.Dimension.values()) {
        now = along(dimension, now);
      }
    } while (now.size() < before);
    return now;
  }

  private static List<Merged> along(NftMatch.Dimension dimension, List<Merged> rules) {
    Map<NftMatch, List<Merged>> byRest = new LinkedHashMap<>();
    for (Merged rule : rules) {
      byRest.computeIfAbsent(rule.match().without(dimension), k -> new ArrayList<>()).add(rule);
    }
    return byRest.values().stream().map(group -> united(dimension, group)).toList();
  }

  private static Merged united(NftMatch.Dimension dimension, List<Merged> group) {
    Merged first = group.getFirst();
    if (group.size() == 1) {
      return first;
    }
    return new Merged(
        first.sort(),
        first.match().united(dimension, group.stream().map(Merged::match).toList()),
        Optional.empty(),
        group.stream().flatMap(rule -> rule.rows().stream()).distinct().toList());
  }
}
