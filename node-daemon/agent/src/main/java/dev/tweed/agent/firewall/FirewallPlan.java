package dev.tweed.agent.firewall;

import dev.tweed.firewall.HostFirewall;
import dev.tweed.firewall.backend.BackendChoice;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.PlannedRules;
import dev.tweed.firewall.rules.RuleGroup;
import java.util.List;
import java.util.Optional;

/**
 * What is to be in force on this node, and where.
 *
 * @param found the host's firewall as it was
 * @param choice where the rows go
 * @param planned the rows, and what becomes of each policy
 * @param builtIn the part that the network needs
 * @param standbyRows the rows for a firewall that is to be switched on one day; those of policies
 *     that it cannot hold are not among them
 */
public record FirewallPlan(
    HostFirewall found,
    BackendChoice choice,
    PlannedRules planned,
    Optional<RuleGroup> builtIn,
    List<FilterRow> standbyRows) {

  public FirewallPlan {
    standbyRows = List.copyOf(standbyRows);
  }

  /** The rows for each firewall that was chosen, in order. */
  public List<FilterRow> rows() {
    return choice.isOwnTable() ? ofPolicies() : planned.rows();
  }

  /**
   * A table of our own lets through what no row is for, and opens nothing that others drop: what
   * the network needs open makes no difference there, and would cost each packet.
   */
  private List<FilterRow> ofPolicies() {
    return planned.rows().stream()
        .filter(row -> row.origin().kind() == Origin.Kind.POLICY)
        .toList();
  }

  /** What goes beside the firewall; empty if that has to stay as it is for now. */
  public Optional<GuardRules> guard(NetworkState network) {
    return network instanceof NetworkState.Waiting || !choice.isKnown()
        ? Optional.empty()
        : Optional.of(GuardRules.of(planned));
  }
}
