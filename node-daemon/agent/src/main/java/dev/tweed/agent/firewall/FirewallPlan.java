package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be in force on this node, and where.
 *
 * @param found the host's firewall as it was
 * @param choice where the rows go
 * @param planned the rows, and what becomes of each policy
 * @param builtIn the part that the network needs
 */
public record FirewallPlan(
    HostFirewall found, BackendChoice choice, PlannedRules planned, Optional<RuleGroup> builtIn) {

  /** The rows in order. */
  public List<FilterRow> rows() {
    return planned.rows();
  }

  /** The groups to keep for the day a later generation is refused. */
  LastGood lastGood() {
    return new LastGood(builtIn, planned.good());
  }

  /**
   * Rules that were in force.
   *
   * @param builtIn what the network needed
   * @param policies by name
   */
  record LastGood(Optional<RuleGroup> builtIn, Map<String, GoodPolicy> policies) {

    static final LastGood NOTHING = new LastGood(Optional.empty(), Map.of());

    LastGood {
      policies = Map.copyOf(policies);
    }
  }
}
