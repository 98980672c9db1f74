package dev.tweed.agent.command;

import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PolicyProblem;
import dev.tweed.firewall.rules.PolicyVerdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What a plan would change, for a person. Pure. */
final class FirewallPlanText {

  private final StringBuilder out = new StringBuilder();
  private boolean allPossible = true;
  private int added;
  private int removed;
  private int kept;

  private FirewallPlanText() {}

  /**
   * A text.
   *
   * @param before the plan that keeps what is in force
   * @param outcomes what the plan would come to, in each firewall
   * @param guard what goes beside it, in words; empty if that stays as it is
   * @param elsewhere names of policies that do not select the node
   */
  static FirewallPlanText of(
      String node,
      FirewallPlan before,
      FirewallPlan plan,
      Map<BackendKind, BackendOutcome> outcomes,
      Optional<String> guard,
      List<String> elsewhere) {
    FirewallPlanText text = new FirewallPlanText();
    text.out.append(
        "Node %s: rules go into %s: %s\n\n"
            .formatted(
                node,
                plan.choice().isKnown() ? plan.choice().text() : "no firewall",
                plan.choice().reason()));
    Optional<BackendOutcome> chosen =
        BackendOutcome.together(
            plan.choice().kinds().stream().map(outcomes::get).filter(Objects::nonNull).toList());
    boolean same = text.rows(before.rows(), plan.rows(), chosen);
    text.allPossible &= chosen.isPresent() || plan.rows().isEmpty();
    plan.choice()
        .standby()
        .ifPresent(
            kind ->
                text.out.append(
                    "%s kept ready in %s, which is switched off.\n"
                        .formatted(FirewallTable.rules(plan.standbyRows().size()), kind.text())));
    outcomes.forEach((kind, outcome) -> text.firewall(plan, kind, outcome, same));
    guard.ifPresent(line -> text.out.append(line).append("\n\n"));
    text.verdicts(plan.planned().verdicts(), elsewhere);
    text.summary();
    return text;
  }

  String render() {
    return out.toString();
  }

  /** Whether nothing is refused, and it could be told what is there. */
  boolean isAllPossible() {
    return allPossible;
  }

  /** Those that come, go and stay, as far as that can be told; whether none comes or goes. */
  private boolean rows(
      List<FilterRow> before, List<FilterRow> rows, Optional<BackendOutcome> outcome) {
    Set<FilterRow> there = new HashSet<>(before);
    Set<FilterRow> wanted = new HashSet<>(rows);
    List<List<String>> cells = new ArrayList<>();
    for (FilterRow row : rows) {
      String inPlace = "";
      String sign = "?";
      if (outcome.orElse(null) instanceof BackendOutcome.Applied applied) {
        inPlace = FirewallTable.inPlace(row, applied.displaced());
        sign = !inPlace.isEmpty() ? "!" : there.contains(row) ? " " : "+";
        added += there.contains(row) ? 0 : 1;
        kept += there.contains(row) ? 1 : 0;
      }
      cells.add(List.of(sign + " " + FirewallTable.rule(row), FirewallTable.origin(row), inPlace));
    }
    for (FilterRow row : before) {
      if (!wanted.contains(row)) {
        removed++;
        cells.add(List.of("- " + FirewallTable.rule(row), FirewallTable.origin(row), ""));
      }
    }
    if (!cells.isEmpty()) {
      out.append(FirewallTable.render(cells)).append('\n');
    }
    return before.equals(rows);
  }

  private void firewall(FirewallPlan plan, BackendKind kind, BackendOutcome outcome, boolean same) {
    boolean chosen = plan.choice().kinds().contains(kind);
    boolean standby = plan.choice().standby().equals(Optional.of(kind));
    switch (outcome) {
      case BackendOutcome.Refused(var reason, var message, var remedy) -> {
        if (chosen || standby) {
          allPossible = false;
          out.append(
              "What is in %s cannot be told: %s%s\n\n"
                  .formatted(kind.text(), message, remedy.isEmpty() ? "" : "; " + remedy));
        }
      }
      case BackendOutcome.Applied applied when !applied.changed() -> {}
      case BackendOutcome.Applied applied when chosen && same ->
          out.append("Somebody changed them in %s; that is put right.\n\n".formatted(kind.text()));
      case BackendOutcome.Applied applied when !chosen && !standby ->
          out.append("Rules of Tweed's in %s go.\n\n".formatted(kind.text()));
      case BackendOutcome.Applied applied -> {}
    }
  }

  private void verdicts(List<PolicyVerdict> verdicts, List<String> elsewhere) {
    List<List<String>> lines = new ArrayList<>();
    for (PolicyVerdict verdict : verdicts) {
      allPossible &= verdict.accepted();
      if (verdict.remark().isPresent()) {
        PolicyProblem remark = verdict.remark().get();
        lines.add(
            List.of(
                verdict.accepted() ? "note" : "REFUSED",
                "policy/" + verdict.name(),
                remark.reason().name(),
                remark.text()));
      }
    }
    for (String name : elsewhere) {
      lines.add(
          List.of(
              "note", "policy/" + name, "NotSelected", "its nodeSelector does not match the node"));
    }
    if (!lines.isEmpty()) {
      out.append(FirewallTable.render(lines)).append('\n');
    }
  }

  private void summary() {
    out.append(
        "%d to add, %d to remove, %d as they are. Nothing has been changed.\n"
            .formatted(added, removed, kept));
  }
}
