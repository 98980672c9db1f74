package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.iptables.IptablesRule;
import dev.tweed.firewall.iptables.RowOrder;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rows of one family beside ufw's file and its running chains. Pure. A row is in force if it is in
 * the file, in order among ours, and all its lines are in the chains.
 */
final class UfwComparison {

  private UfwComparison() {}

  /**
   * What was found.
   *
   * @param entries of the rows
   * @param extra ours in the file and not intended, in order
   */
  record Result(Map<FilterRow, Entry> entries, List<Entry> extra) {
    Result {
      entries = Map.copyOf(entries);
      extra = List.copyOf(extra);
    }
  }

  /**
   * Compares.
   *
   * @param rows of the file's family
   * @param running rules of the chains; empty if ufw is switched off
   */
  static Result compare(
      UfwRulesFile file,
      AddressFamily family,
      List<FilterRow> rows,
      Optional<List<String>> running) {
    List<UfwTuple> wanted = rows.stream().map(UfwTuple::of).toList();
    Map<UfwTuple, UfwTuple> displaced = new HashMap<>();
    file.withOurs(wanted)
        .overlaps()
        .forEach(overlap -> displaced.put(overlap.ours(), overlap.theirs()));
    List<UfwTuple> ours = file.ours();
    Map<UfwTuple, Integer> places = new LinkedHashMap<>();
    for (int i = 0; i < ours.size(); i++) {
      places.putIfAbsent(ours.get(i), i);
    }
    Set<String> written = file.restoreInput().lines().collect(Collectors.toSet());
    Optional<Set<Optional<IptablesRule>>> inChains =
        running.map(
            lines -> lines.stream().map(IptablesRule::tryParse).collect(Collectors.toSet()));
    int[] positions =
        wanted.stream()
            .mapToInt(
                tuple ->
                    displaced.containsKey(tuple)
                            || !written.containsAll(UfwRuleRenderer.lines(tuple, family))
                        ? RowOrder.NOWHERE
                        : places.getOrDefault(tuple, RowOrder.NOWHERE))
            .toArray();
    Set<Integer> kept = RowOrder.kept(positions);
    Map<FilterRow, Entry> entries = new HashMap<>();
    Set<Integer> claimed = new HashSet<>();
    for (int i = 0; i < rows.size(); i++) {
      UfwTuple tuple = wanted.get(i);
      State state;
      String text = UfwStatusRenderer.text(tuple);
      if (displaced.containsKey(tuple)) {
        state = State.DISPLACED;
        text = UfwStatusRenderer.text(displaced.get(tuple));
      } else if (kept.contains(i)) {
        claimed.add(positions[i]);
        state =
            inChains
                .map(rules -> isIn(rules, tuple, family) ? State.PRESENT : State.MISSING)
                .orElse(State.WRITTEN);
      } else {
        state = State.MISSING;
        text = "";
      }
      entries.put(rows.get(i), new Entry(Optional.of(rows.get(i)), state, text));
    }
    List<Entry> extra = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      if (!claimed.contains(i)) {
        extra.add(new Entry(Optional.empty(), State.EXTRA, UfwStatusRenderer.text(ours.get(i))));
      }
    }
    return new Result(entries, extra);
  }

  private static boolean isIn(
      Set<Optional<IptablesRule>> rules, UfwTuple tuple, AddressFamily family) {
    return UfwRuleRenderer.lines(tuple, family).stream()
        .map(IptablesRule::tryParse)
        .allMatch(rules::contains);
  }
}
