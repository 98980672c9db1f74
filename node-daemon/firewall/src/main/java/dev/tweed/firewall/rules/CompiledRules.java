package dev.tweed.firewall.rules;

import java.util.List;
import java.util.Set;

/**
 * What became of rules.
 *
 * @param rows in the order they have to be tried in; no two have one match
 * @param refused origins of which no row is there
 * @param problems why, and what else is worth telling
 */
public record CompiledRules(List<FilterRow> rows, Set<Origin> refused, List<RuleProblem> problems) {
  public CompiledRules {
    rows = List.copyOf(rows);
    refused = Set.copyOf(refused);
    problems = List.copyOf(problems);
  }
}
