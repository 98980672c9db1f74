package dev.tweed.firewall.rules;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes rows of rules. Pure; the same rules give the same rows whatever order their groups come in.
 *
 * <p>A group with a rule that cannot be had is left out as a whole: half of a policy may open or
 * close what the whole would not.
 */
public final class RuleCompiler {

  /** Rows on one node; more than any firewall people write, and ufw itself gets slow before. */
  public static final int MAX_ROWS = 20_000;

  private RuleCompiler() {}

  /** Checks, orders and expands. */
  public static CompiledRules compile(List<RuleGroup> groups) {
    List<FilterRow> rows = new ArrayList<>();
    Set<Origin> refused = new LinkedHashSet<>();
    List<RuleProblem> problems = new ArrayList<>();
    Map<FilterRow.RowMatch, FilterRow> first = new HashMap<>();
    // What a network needs comes last, and must find room whatever policies ask for.
    long reserved =
        groups.stream()
            .filter(group -> group.origin().kind() == Origin.Kind.NETWORK)
            .flatMap(group -> group.rules().stream())
            .mapToLong(RowExpansion::count)
            .sum();
    for (RuleGroup group : groups.stream().sorted(RuleGroup.ORDER).toList()) {
      long room =
          MAX_ROWS
              - rows.size()
              - (group.origin().kind() == Origin.Kind.NETWORK ? 0 : Math.min(reserved, MAX_ROWS));
      List<RuleProblem> ofGroup = new ArrayList<>();
      List<FilterRow> rowsOfGroup = new ArrayList<>();
      for (FirewallRule rule : group.rules()) {
        ofGroup.addAll(RuleValidator.problems(group.origin(), rule));
        // Counted before they are made: a rule within the limits of the CRD may stand for millions.
        if (rowsOfGroup.size() + RowExpansion.count(rule) > 2L * MAX_ROWS) {
          ofGroup.add(tooManyRows(group));
        }
        if (ofGroup.stream().noneMatch(problem -> problem.reason().refuses())) {
          rowsOfGroup.addAll(RowExpansion.expand(group.origin(), rule));
        }
      }
      if (rowsOfGroup.size() > room) {
        ofGroup.add(tooManyRows(group));
      }
      if (ofGroup.stream().anyMatch(problem -> problem.reason().refuses())) {
        refused.add(group.origin());
      } else {
        for (FilterRow row : rowsOfGroup) {
          FilterRow earlier = first.putIfAbsent(row.match(), row);
          if (earlier == null) {
            rows.add(row);
          } else {
            ofGroup.add(shadowed(row, earlier));
          }
        }
      }
      ofGroup.stream().distinct().forEach(problems::add);
    }
    return new CompiledRules(rows, refused, problems);
  }

  private static RuleProblem shadowed(FilterRow row, FilterRow earlier) {
    boolean same = row.action() == earlier.action();
    return new RuleProblem(
        same ? PolicyReason.Repeated : PolicyReason.Contradicted,
        row.origin(),
        row.rule(),
        "rules",
        "rule %s of %s comes first and matches the same packets"
            .formatted(earlier.rule(), earlier.origin()),
        same ? "one of the two can go" : "remove one, or change the priority of the policies");
  }

  private static RuleProblem tooManyRows(RuleGroup group) {
    return new RuleProblem(
        PolicyReason.TooManyRows,
        group.origin(),
        group.rules().isEmpty() ? "-" : group.rules().getLast().name(),
        "rules",
        "with these the node would have more than " + MAX_ROWS + " rows",
        "use fewer addresses, or larger prefixes");
  }
}
