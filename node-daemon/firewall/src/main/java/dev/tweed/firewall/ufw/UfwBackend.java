package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.FirewallBackend;
import dev.tweed.firewall.rules.FilterRow;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** ufw as one of the firewalls rows can be kept in. */
public final class UfwBackend implements FirewallBackend {

  private final UfwWriter writer;

  /**
   * @param writer for the host's ufw
   */
  public UfwBackend(UfwWriter writer) {
    this.writer = writer;
  }

  @Override
  public BackendKind kind() {
    return BackendKind.UFW;
  }

  @Override
  public BackendOutcome apply(List<FilterRow> rows) {
    return switch (writer.apply(rows)) {
      case UfwOutcome.Applied applied ->
          new BackendOutcome.Applied(
              applied.changed(), applied.live(), displaced(rows, applied.overlaps()));
      case UfwOutcome.Refused refused ->
          new BackendOutcome.Refused(reason(refused.reason()), refused.message(), refused.remedy());
    };
  }

  @Override
  public BackendListing look(List<FilterRow> intended) {
    return new BackendListing.Unreadable("not yet", "");
  }

  private static String reason(UfwOutcome.Reason reason) {
    return switch (reason) {
      case NOT_FOUND -> "NotFound";
      case LOCKED -> "Locked";
      case FILE_NOT_UNDERSTOOD -> "FileNotUnderstood";
      case FILE_ERROR -> "FileError";
      case CHAIN_ERROR -> "ChainError";
    };
  }

  private static List<BackendOutcome.Displaced> displaced(
      List<FilterRow> rows, List<UfwRulesFile.Overlap> overlaps) {
    if (overlaps.isEmpty()) {
      return List.of();
    }
    Map<UfwTuple, FilterRow> byTuple = new HashMap<>();
    rows.forEach(row -> byTuple.putIfAbsent(UfwTuple.of(row), row));
    return overlaps.stream()
        .filter(overlap -> byTuple.containsKey(overlap.ours()))
        .map(
            overlap ->
                new BackendOutcome.Displaced(
                    byTuple.get(overlap.ours()),
                    overlap.theirs().action() + " " + overlap.theirs().match(),
                    overlap.contradicts()))
        .toList();
  }
}
