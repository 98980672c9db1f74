package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.nft.NftTableWriter.Reading;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RowText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Rows in a table of our own, {@code inet tweed-filter}, for hosts without a firewall manager. The
 * table accepts what no row is for. It is replaced as a whole in one transaction, so that no packet
 * meets half of it, and one that is refused leaves the table before.
 *
 * <p>A drop is final, an accept is not: packets that other tables drop stay dropped. The table does
 * not outlive a reboot.
 */
public final class NftablesBackend implements FirewallBackend {

  private final NftTableWriter writer;
  private List<FilterRow> rendered = List.of();
  private NftText text = render(List.of());

  /**
   * @param nft path of nft, or just its name
   */
  public NftablesBackend(Path nft) {
    this.writer = new NftTableWriter(new NftProgram(nft));
  }

  @Override
  public BackendKind kind() {
    return BackendKind.NFTABLES;
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    NftText wanted = text(rows);
    return switch (writer.read(NftTableCompiler.TABLE)) {
      // A kernel that has no tables has none of ours.
      case Reading.Unreadable(var refusal)
          when rows.isEmpty() && refusal.reason().equals(NftRefusal.KERNEL_TOO_OLD) ->
          applied(false);
      case Reading.Unreadable(var refusal) -> refused(refusal);
      case Reading.Absent absent when rows.isEmpty() -> applied(false);
      case Reading.Found(var found) when !rows.isEmpty() && found.is(wanted) -> applied(false);
      case Reading reading -> {
        Optional<NftRefusal> refusal =
            rows.isEmpty() ? writer.remove(wanted.name()) : writer.replace(wanted);
        yield refusal.map(NftablesBackend::refused).orElseGet(() -> applied(true));
      }
    };
  }

  @Override
  public BackendListing look(List<FilterRow> intended) {
    return switch (writer.read(NftTableCompiler.TABLE)) {
      case Reading.Unreadable(var refusal) ->
          new BackendListing.Unreadable(refusal.message(), refusal.remedy());
      case Reading.Absent absent ->
          new BackendListing.Compared(
              intended.stream()
                  .map(row -> new Entry(Optional.of(row), State.MISSING, ""))
                  .toList());
      case Reading.Found(var found) -> compare(intended, found);
    };
  }

  private BackendListing compare(List<FilterRow> intended, FoundTable found) {
    NftText wanted = text(intended);
    if (!found.is(wanted) && found.isUntouched()) {
      Optional<Set<String>> made = writer.elements(NftTableCompiler.TABLE, NftTableCompiler.ROWS);
      if (made.isPresent()) {
        return compareRows(intended, found, wanted, made.get());
      }
    }
    return compareRules(intended, found, wanted);
  }

  /** With a table that is as it was written, for other rows, some of which may be the same. */
  private static BackendListing compareRows(
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
    return new BackendListing.Compared(entries);
  }

  private static BackendListing compareRules(
      List<FilterRow> intended, FoundTable found, NftText wanted) {
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
    return new BackendListing.Compared(entries);
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

  private NftText text(List<FilterRow> rows) {
    if (!rows.equals(rendered)) {
      text = render(rows);
      rendered = List.copyOf(rows);
    }
    return text;
  }

  private static NftText render(List<FilterRow> rows) {
    return NftTableRenderer.render(NftTableCompiler.compile(rows));
  }

  private static BackendOutcome applied(boolean changed) {
    return new BackendOutcome.Applied(changed, true, List.of());
  }

  private static BackendOutcome refused(NftRefusal refusal) {
    return new BackendOutcome.Refused(refusal.reason(), refusal.message(), refusal.remedy());
  }
}
