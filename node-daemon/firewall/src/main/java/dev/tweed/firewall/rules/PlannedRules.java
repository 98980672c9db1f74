package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Map;

/**
 * Rows for this node.
 *
 * @param rows in the order they have to be tried in
 * @param verdicts one for each policy that selects the node, by name
 * @param good the groups that are among the rows, by name of their policy
 */
public record PlannedRules(
    List<FilterRow> rows, List<PolicyVerdict> verdicts, Map<String, GoodPolicy> good) {
  public PlannedRules {
    rows = List.copyOf(rows);
    verdicts = List.copyOf(verdicts);
    good = Map.copyOf(good);
  }
}
