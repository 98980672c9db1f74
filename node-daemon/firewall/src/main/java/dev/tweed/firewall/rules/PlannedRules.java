package dev.tweed.firewall.rules;

import dev.tweed.firewall.rules.RuleGroup.Mode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rules for this node.
 *
 * @param rows in the order they have to be tried in
 * @param audit the same with those of policies that are only tried; empty if there is none
 * @param verdicts one for each policy that selects the node, by name
 * @param good the groups that are among the rows, by name of their policy
 */
public record PlannedRules(
    List<FilterRow> rows,
    List<FilterRow> audit,
    List<PolicyVerdict> verdicts,
    Map<String, GoodPolicy> good) {
  public PlannedRules {
    rows = List.copyOf(rows);
    audit = List.copyOf(audit);
    verdicts = List.copyOf(verdicts);
    good = Map.copyOf(good);
  }

  /** Whose rules are of a mode. */
  public Set<Origin> origins(Mode mode) {
    return good.values().stream()
        .map(GoodPolicy::group)
        .filter(group -> group.mode() == mode)
        .map(RuleGroup::origin)
        .collect(Collectors.toSet());
  }
}
