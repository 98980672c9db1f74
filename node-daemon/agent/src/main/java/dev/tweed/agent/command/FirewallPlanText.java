package dev.tweed.agent.command;

import dev.tweed.agent.command.FirewallTable.Line;
import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.firewall.PolicyProblem;
import dev.tweed.agent.firewall.PolicyVerdict;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.nft.GuardListing;
import dev.tweed.firewall.rules.FilterRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
   * @param found what is there of the rows, in each firewall that can be read
   * @param guard what is there of what goes beside it; empty if that stays as it is
   * @param elsewhere names of policies that do not select the node
   */
  static FirewallPlanText of(
      String node,
      FirewallPlan plan,
      Map<BackendKind, BackendListing> found,
      Optional<GuardListing> guard,
      List<String> elsewhere) {
    FirewallPlanText text = new FirewallPlanText();
    text.out.append(
        "Node %s: rules go into %s: %s\n\n"
            .formatted(
                node,
                plan.choice().kind().map(BackendKind::text).orElse("no firewall"),
                plan.choice().reason()));
    Optional<BackendListing> chosen = plan.choice().kind().map(found::get);
    if (chosen.isPresent()) {
      text.listing(chosen.get(), plan.rows(), "");
    } else {
      text.unknown(plan.rows());
      text.allPossible &= plan.rows().isEmpty();
    }
    plan.choice()
        .standby()
        .ifPresent(
            kind -> {
              text.out.append("Kept ready in %s, which is switched off:\n".formatted(kind.text()));
              Optional.ofNullable(found.get(kind))
                  .ifPresent(listing -> text.listing(listing, plan.standbyRows(), ""));
            });
    found.forEach(
        (kind, listing) -> {
          if (!plan.choice().kind().equals(Optional.of(kind))
              && !plan.choice().standby().equals(Optional.of(kind))
              && listing instanceof BackendListing.Compared compared
              && !compared.entries().isEmpty()) {
            text.listing(listing, List.of(), "in " + kind.text());
          }
        });
    guard.ifPresent(text::guard);
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

  private void listing(BackendListing listing, List<FilterRow> rows, String where) {
    switch (listing) {
      case BackendListing.Unreadable(var message, var remedy) -> {
        unknown(rows);
        unreadable(message, remedy);
      }
      case BackendListing.Compared compared -> table(FirewallTable.lines(compared), where);
    }
  }

  private void guard(GuardListing listing) {
    switch (listing) {
      case GuardListing.Unreadable(var message, var remedy) -> {
        out.append(FirewallTable.GUARD_TITLE);
        unreadable(message, remedy);
      }
      case GuardListing.Compared compared -> {
        List<Line> lines = FirewallTable.lines(compared);
        if (!lines.isEmpty()) {
          out.append(FirewallTable.GUARD_TITLE);
          table(lines, "");
        }
      }
    }
  }

  private void unreadable(String message, String remedy) {
    allPossible = false;
    out.append(
        "What is there cannot be read: %s%s\n\n"
            .formatted(message, remedy.isEmpty() ? "" : "; " + remedy));
  }

  private void table(List<Line> lines, String where) {
    List<List<String>> cells = new ArrayList<>();
    for (Line line : lines) {
      count(line.state());
      boolean intended = !line.rule().isEmpty();
      cells.add(
          List.of(
              sign(line.state()) + " " + (intended ? line.rule() : line.found()),
              intended ? line.of() : where,
              line.state() == State.DISPLACED
                  ? "somebody's own rule is in its place: " + line.found()
                  : ""));
    }
    if (!lines.isEmpty()) {
      out.append(FirewallTable.render(cells)).append('\n');
    }
  }

  private void unknown(List<FilterRow> rows) {
    if (!rows.isEmpty()) {
      out.append(
              FirewallTable.render(
                  rows.stream()
                      .map(
                          row -> List.of("? " + FirewallTable.rule(row), FirewallTable.origin(row)))
                      .toList()))
          .append('\n');
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

  private void count(State state) {
    switch (state) {
      case MISSING -> added++;
      case EXTRA -> removed++;
      case PRESENT, WRITTEN, DISPLACED -> kept++;
    }
  }

  private static String sign(State state) {
    return switch (state) {
      case MISSING -> "+";
      case EXTRA -> "-";
      case DISPLACED -> "!";
      case PRESENT, WRITTEN -> " ";
    };
  }
}
