package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/**
 * What the daemon last wanted in force on this node.
 *
 * @param backend where; empty if no firewall here can hold rows
 * @param standby a firewall that is switched off and has them in its files
 * @param rows in order
 * @param standbyRows those in the files of that, in order
 */
public record Intended(
    Optional<BackendKind> backend,
    Optional<BackendKind> standby,
    List<FilterRow> rows,
    List<FilterRow> standbyRows) {
  public Intended {
    rows = List.copyOf(rows);
    standbyRows = List.copyOf(standbyRows);
  }
}
