package dev.tweed.firewall.iptables;

import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.iptables.IptablesListing.Jump;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rows of one family beside what is in its table. A row is in force if all its lines are in our
 * chain, in order after those of the rows before, and packets come to the chain first. Of rows that
 * were moved as few as possible are called missing.
 */
final class IptablesComparison {

  private final IptablesListing found;
  private final AddressFamily family;
  private final Map<FilterRow, Entry> entries = new HashMap<>();
  private final List<Entry> extra = new ArrayList<>();

  private IptablesComparison(IptablesListing found, AddressFamily family) {
    this.found = found;
    this.family = family;
  }

  /**
   * What was found.
   *
   * @param entries of the rows
   * @param extra what is ours and not intended, in order
   */
  record Result(Map<FilterRow, Entry> entries, List<Entry> extra) {
    Result {
      entries = Map.copyOf(entries);
      extra = List.copyOf(extra);
    }
  }

  /** Compares; rows of the other family do not count. */
  static Result compare(IptablesListing found, AddressFamily family, List<FilterRow> rows) {
    IptablesComparison comparison = new IptablesComparison(found, family);
    for (Direction direction : Direction.values()) {
      comparison.compareChain(
          direction,
          rows.stream()
              .filter(row -> row.family() == family && row.direction() == direction)
              .toList());
    }
    comparison.compareJumps(!comparison.entries.isEmpty());
    return new Result(comparison.entries, comparison.extra);
  }

  private void compareChain(Direction direction, List<FilterRow> rows) {
    List<String> lines = found.lines(direction).orElse(List.of());
    List<Optional<IptablesRule>> rules = rules(lines);
    Map<Optional<IptablesRule>, List<Integer>> places = new HashMap<>();
    for (int i = 0; i < rules.size(); i++) {
      places.computeIfAbsent(rules.get(i), rule -> new ArrayList<>()).add(i);
    }
    int[] begins = new int[rows.size()];
    int[] ends = new int[rows.size()];
    for (int i = 0; i < begins.length; i++) {
      List<Optional<IptablesRule>> wanted = rules(IptablesRuleRenderer.lines(rows.get(i)));
      begins[i] =
          places.getOrDefault(wanted.getFirst(), List.of()).stream()
              .filter(place -> place + wanted.size() <= rules.size())
              .filter(place -> rules.subList(place, place + wanted.size()).equals(wanted))
              .findFirst()
              .orElse(RowOrder.NOWHERE);
      ends[i] = begins[i] + wanted.size();
    }
    Set<Integer> inOrder = RowOrder.kept(begins);
    Set<Integer> claimed = new HashSet<>();
    for (int i = 0; i < begins.length; i++) {
      boolean there = inOrder.contains(i);
      for (int line = begins[i]; there && line < ends[i]; line++) {
        claimed.add(line);
      }
      entries.put(
          rows.get(i),
          new Entry(
              Optional.of(rows.get(i)),
              there && found.isFirst(direction) ? State.PRESENT : State.MISSING,
              there ? text(lines.get(ends[i] - 1)) : ""));
    }
    List<Optional<IptablesRule>> before = rules(IptablesRuleRenderer.preamble(family, direction));
    for (int i = 0; i < lines.size(); i++) {
      if (!claimed.contains(i) && !before.remove(rules.get(i))) {
        addExtra(lines.get(i));
      }
    }
  }

  /** Jumps that are too many, and those that lead to chains there should not be. */
  private void compareJumps(boolean wanted) {
    for (Direction direction : Direction.values()) {
      boolean seen = false;
      for (Jump jump : found.jumps(direction)) {
        boolean plain = jump.rule().isPlainJumpTo(IptablesListing.chain(direction));
        if (!wanted || seen || !plain) {
          addExtra(jump.line());
        }
        seen |= plain;
      }
    }
  }

  private void addExtra(String line) {
    extra.add(new Entry(Optional.empty(), State.EXTRA, text(line)));
  }

  private static List<Optional<IptablesRule>> rules(List<String> lines) {
    List<Optional<IptablesRule>> rules = new ArrayList<>();
    lines.forEach(line -> rules.add(IptablesRule.tryParse(line)));
    return rules;
  }

  private static String text(String line) {
    return new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
