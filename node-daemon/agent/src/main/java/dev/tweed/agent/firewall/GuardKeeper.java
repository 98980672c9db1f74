package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/** Keeps what no firewall of the host can say: NodePorts that rules close. Used by one thread. */
final class GuardKeeper {

  private final FirewallHost host;
  private Optional<List<FilterRow>> inRows = Optional.empty();
  private boolean kept;

  GuardKeeper(FirewallHost host) {
    this.host = host;
  }

  /** Takes the rows that are in force now, whatever firewall holds them. */
  void rows(List<FilterRow> rows) {
    inRows = Optional.of(rows.stream().filter(row -> row.direction() == Direction.IN).toList());
  }

  /** Whether it was told any rows, or that there are none. */
  boolean hasRows() {
    return inRows.isPresent();
  }

  /** Whether the table is known to be right. */
  boolean isKept() {
    return kept;
  }

  /**
   * Makes the table right. While the node waits for something it needs, and before any rows are
   * known, it stays as it is.
   */
  BackendOutcome keep(NetworkState state) {
    if (inRows.isEmpty() || state instanceof NetworkState.Waiting) {
      return BackendOutcome.applied(false);
    }
    BackendOutcome outcome = host.guard(new GuardRules(inRows.get()));
    kept = outcome instanceof BackendOutcome.Applied;
    return outcome;
  }
}
