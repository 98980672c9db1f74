package dev.tweed.agent.command;

import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.firewall.PolicyProblem;
import dev.tweed.agent.firewall.PolicyVerdict;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.Entry;
import dev.tweed.firewall.backend.BackendListing.State;
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
   * @param elsewhere names of policies that do not select the node
   */
  static FirewallPlanText of(
      String node,
      FirewallPlan plan,
      Map<BackendKind, BackendListing> found,
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
      case BackendListing.Unreadable unreadable -> {
        allPossible = false;
        unknown(rows);
        out.append(
            "What is there cannot be read: %s%s\n\n"
                .formatted(
                    unreadable.message(),
                    unreadable.remedy().isEmpty() ? "" : "; " + unreadable.remedy()));
      }
      case BackendListing.Compared compared -> {
        List<List<String>> lines = new ArrayList<>();
        for (Entry entry : compared.entries()) {
          count(entry.state());
          lines.add(
              List.of(
                  sign(entry.state())
                      + " "
                      + entry.row().map(FirewallTable::rule).orElse(entry.text()),
                  entry.row().map(FirewallPlanText::origin).orElse(where),
                  entry.state() == State.DISPLACED
                      ? "somebody's own rule is in its place: " + entry.text()
                      : ""));
        }
        if (!lines.isEmpty()) {
          out.append(FirewallTable.render(lines)).append('\n');
        }
      }
    }
  }

  private void unknown(List<FilterRow> rows) {
    if (!rows.isEmpty()) {
      out.append(
              FirewallTable.render(
                  rows.stream()
                      .map(row -> List.of("? " + FirewallTable.rule(row), origin(row)))
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

  private static String origin(FilterRow row) {
    return row.origin() + "/" + row.rule();
  }
}
