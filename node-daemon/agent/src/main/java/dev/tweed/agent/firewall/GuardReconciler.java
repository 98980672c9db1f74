package dev.tweed.agent.firewall;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.PlannedRules;
import java.util.Optional;

/**
 * Keeps what no firewall of the host can say: NodePorts that rules close, connections that rules
 * end, and rules that are only tried. Used by one thread.
 */
final class GuardReconciler {

  private final FirewallHost host;
  private Optional<GuardRules> rules = Optional.empty();
  private boolean kept;

  GuardReconciler(FirewallHost host) {
    this.host = host;
  }

  /** Takes the rules that are in force now, whatever firewall holds them. */
  void rules(PlannedRules planned) {
    rules = Optional.of(GuardRules.of(planned));
  }

  /** Whether it was told any rules, or that there are none. */
  boolean hasRules() {
    return rules.isPresent();
  }

  /** Whether the table is known to be right. */
  boolean isKept() {
    return kept;
  }

  /**
   * Makes the table right. While the node waits for something it needs, and before any rules are
   * known, it stays as it is.
   */
  BackendOutcome keep(NetworkState state) {
    if (rules.isEmpty() || state instanceof NetworkState.Waiting) {
      return BackendOutcome.applied(false);
    }
    BackendOutcome outcome = host.guard(rules.get());
    kept = outcome instanceof BackendOutcome.Applied;
    return outcome;
  }
}
