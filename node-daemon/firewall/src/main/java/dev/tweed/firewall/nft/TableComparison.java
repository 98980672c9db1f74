package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RowText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Intended rows beside a table of ours as it was found. Pure. */
final class TableComparison {

  private TableComparison() {}

  /**
   * Compares.
   *
   * @param made which rows the table says it was made of (see {@link NftTableCompiler#digest});
   *     asked for only where that is needed, empty if it cannot be told
   */
  static List<Entry> of(
      List<FilterRow> intended,
      FoundTable found,
      NftText wanted,
      Supplier<Optional<Set<String>>> made) {
    if (!found.is(wanted) && found.isUntouched()) {
      Optional<Set<String>> rows = made.get();
      if (rows.isPresent()) {
        return ofRows(intended, found, wanted, rows.get());
      }
    }
    return ofRules(intended, found, wanted);
  }

  /** Where no table is. */
  static List<Entry> missing(List<FilterRow> intended) {
    return intended.stream().map(row -> new Entry(Optional.of(row), State.MISSING, "")).toList();
  }

  /** With a table that is as it was written, for other rows, some of which may be the same. */
  private static List<Entry> ofRows(
      List<FilterRow> intended, FoundTable found, NftText wanted, Set<String> made) {
    List<Entry> entries = new ArrayList<>();
    Set<String> other = new HashSet<>(made);
    for (FilterRow row : intended) {
      String digest = NftTableCompiler.digest(row);
      boolean there = made.contains(digest);
      other.remove(digest);
      entries.add(
          new Entry(
              Optional.of(row),
              there ? State.PRESENT : State.MISSING,
              there ? RowText.of(row) : ""));
    }
    if (!other.isEmpty()) {
      entries.add(
          new Entry(
              Optional.empty(),
              State.EXTRA,
              "%d not intended, in %s"
                  .formatted(other.size(), String.join("; ", otherRules(found, wanted)))));
    }
    return entries;
  }

  private static List<Entry> ofRules(List<FilterRow> intended, FoundTable found, NftText wanted) {
    // A row may have several rules: one that logs, or one for each protocol.
    Map<FilterRow, List<String>> places = new HashMap<>();
    Map<FilterRow, Boolean> complete = new HashMap<>();
    List<String> extra = new ArrayList<>(found.differences(wanted));
    for (FoundTable.Chain chain : found.chains()) {
      List<FoundTable.Rule> left = new ArrayList<>(chain.rules());
      for (NftText.Line line : lines(wanted, chain.name())) {
        boolean there = take(left, line.comment(), found.standing());
        for (FilterRow row : line.rows()) {
          complete.merge(row, there, Boolean::logicalAnd);
          if (there) {
            places
                .computeIfAbsent(row, key -> new ArrayList<>())
                .add(chain.name() + ": " + line.statement());
          }
        }
      }
      if (!chain.name().equals(NftTableRenderer.SEAL)) {
        left.forEach(rule -> extra.add(chain.name() + ": " + rule.text()));
      }
    }
    List<Entry> entries = new ArrayList<>();
    for (FilterRow row : intended) {
      boolean there = complete.getOrDefault(row, false);
      entries.add(
          new Entry(
              Optional.of(row),
              there ? State.PRESENT : State.MISSING,
              there ? String.join("; ", places.get(row)) : ""));
    }
    extra.forEach(text -> entries.add(new Entry(Optional.empty(), State.EXTRA, text)));
    return entries;
  }

  /** The first few rules that are not wanted as they are. */
  private static List<String> otherRules(FoundTable found, NftText wanted) {
    Set<String> kept = new HashSet<>();
    wanted
        .chains()
        .forEach(chain -> chain.lines().forEach(l -> kept.add(chain.name() + ": " + l.comment())));
    return found.marks().stream().filter(mark -> !kept.contains(mark)).limit(5).toList();
  }

  private static List<NftText.Line> lines(NftText text, String chain) {
    return text.chains().stream()
        .filter(one -> one.name().equals(chain))
        .findFirst()
        .map(NftText.Chain::lines)
        .orElse(List.of());
  }

  /** Takes a rule with the comment out of those left, and tells whether it is in force. */
  private static boolean take(
      List<FoundTable.Rule> left, String comment, Predicate<FoundTable.Rule> stands) {
    List<FoundTable.Rule> same =
        left.stream().filter(rule -> rule.comment().equals(comment)).toList();
    Optional<FoundTable.Rule> standing = same.stream().filter(stands).findFirst();
    standing.or(() -> same.stream().findFirst()).ifPresent(left::remove);
    return standing.isPresent();
  }
}
