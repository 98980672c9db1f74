package dev.tweed.agent.command;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.FirewallPlan;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.RuleCount;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.PolicyReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rules of a node and whether they are in force, for a person. Pure. */
final class FirewallStatusText {

  private static final String CHANGED =
      "NOT in force as they are here: something was changed, and the daemon puts it back";

  private final StringBuilder out = new StringBuilder();
  private final Map<String, Long> packets = new HashMap<>();
  private boolean allInForce = true;

  private FirewallStatusText(List<RuleCount> counts) {
    counts.forEach(
        count ->
            packets.merge(
                "policy/" + count.policy() + "/" + count.rule(), count.packets(), Long::sum));
  }

  /** When no daemon has left word of what it wants. */
  static FirewallStatusText unknown() {
    FirewallStatusText text = new FirewallStatusText(List.of());
    text.out.append("No daemon has looked at the firewall of this node since it was booted.\n");
    text.allInForce = false;
    return text;
  }

  /**
   * A text.
   *
   * @param plan that keeps what the daemon put in force
   * @param found what it would come to in the firewalls that hold the rules; empty if none can
   * @param ready the same in the firewall that is switched off and is to hold them one day
   * @param guard what goes beside the firewall
   * @param guarded what that would come to
   * @param told by the daemon
   * @param counts of rules in tables of our own
   */
  static FirewallStatusText of(
      FirewallPlan plan,
      Optional<BackendOutcome> found,
      Optional<BackendOutcome> ready,
      GuardRules guard,
      Optional<BackendOutcome> guarded,
      Optional<FirewallStatus> told,
      List<RuleCount> counts) {
    FirewallStatusText text = new FirewallStatusText(counts);
    text.head(plan, told);
    found.ifPresentOrElse(
        outcome -> text.rows(plan.rows(), outcome), () -> text.nowhere(plan.planned().rows()));
    ready.ifPresent(outcome -> text.ready(plan, outcome));
    text.tried(guard);
    guarded.ifPresent(outcome -> text.guard(guard, outcome));
    told.ifPresent(text::problems);
    return text;
  }

  String render() {
    return out.toString();
  }

  /** Whether every rule is in force, and no policy is refused. */
  boolean isAllInForce() {
    return allInForce;
  }

  private void head(FirewallPlan plan, Optional<FirewallStatus> told) {
    out.append(
        told.map(t -> "Firewall  %s, %s\n".formatted(t.firewall().manager(), t.firewall().state()))
            .orElse(""));
    out.append("Rules in  ")
        .append(plan.choice().isKnown() ? plan.choice().text() : "no firewall")
        .append(": ")
        .append(plan.choice().reason())
        .append("\n\n");
  }

  private void nowhere(List<FilterRow> rows) {
    if (!rows.isEmpty()) {
      say(false, "None of %s can be in force.".formatted(FirewallTable.rules(rows.size())));
    }
  }

  private void rows(List<FilterRow> rows, BackendOutcome outcome) {
    table(rows, outcome);
    String count = rows.isEmpty() ? "No rules" : FirewallTable.rules(rows.size());
    switch (outcome) {
      case BackendOutcome.Refused(var reason, var message, var remedy) ->
          unreadable(count, message, remedy);
      case BackendOutcome.Applied applied when applied.changed() ->
          say(false, count + ", " + CHANGED);
      case BackendOutcome.Applied applied when !applied.live() && !rows.isEmpty() ->
          say(false, count + ", NOT in force: the firewall is switched off");
      case BackendOutcome.Applied applied ->
          say(
              true,
              count
                  + (applied.displaced().isEmpty()
                      ? ", in force"
                      : ", %d in force, %d with a person's rule in its place"
                          .formatted(
                              rows.size() - applied.displaced().size(),
                              applied.displaced().size())));
    }
  }

  private void ready(FirewallPlan plan, BackendOutcome outcome) {
    out.append('\n');
    String count =
        "%s kept ready in %s, which is switched off"
            .formatted(
                FirewallTable.rules(plan.standbyRows().size()),
                plan.choice().standby().map(BackendKind::text).orElse(""));
    switch (outcome) {
      case BackendOutcome.Refused(var reason, var message, var remedy) ->
          unreadable(count, message, remedy);
      case BackendOutcome.Applied applied ->
          say(!applied.changed(), applied.changed() ? count + ": NOT as they should be" : count);
    }
  }

  /** Rules of policies in mode Audit: with them goes what they would do. */
  private void tried(GuardRules rules) {
    List<FilterRow> rows =
        rules.audit().stream().filter(row -> rules.tried().contains(row.origin())).toList();
    if (!rows.isEmpty()) {
      out.append("\nOnly tried (mode Audit); packets are those that they would decide about:\n\n");
      table(rows, BackendOutcome.applied(false));
    }
  }

  private void guard(GuardRules rules, BackendOutcome outcome) {
    String subject =
        FirewallTable.guard(rules).orElse("Beside it: the table tweed-guard, which is not wanted");
    switch (outcome) {
      case BackendOutcome.Refused(var reason, var message, var remedy) -> {
        out.append('\n');
        unreadable(subject, message, remedy);
      }
      case BackendOutcome.Applied applied -> {
        if (applied.changed() || FirewallTable.guard(rules).isPresent()) {
          out.append('\n');
          say(!applied.changed(), subject + (applied.changed() ? ": " + CHANGED : ": in force"));
        }
      }
    }
  }

  private void unreadable(String subject, String message, String remedy) {
    say(
        false,
        "%s: whether that is in force cannot be told: %s%s"
            .formatted(subject, message, remedy.isEmpty() ? "" : "; " + remedy));
  }

  private void say(boolean good, String sentence) {
    allInForce &= good;
    out.append(sentence).append('\n');
  }

  private void table(List<FilterRow> rows, BackendOutcome outcome) {
    if (rows.isEmpty()) {
      return;
    }
    List<List<String>> cells = new ArrayList<>();
    cells.add(line("RULE", "OF", "PACKETS", ""));
    for (FilterRow row : rows) {
      String origin = FirewallTable.origin(row);
      cells.add(
          line(
              FirewallTable.rule(row),
              origin,
              // Rows of one rule are counted together.
              Optional.ofNullable(packets.get(origin)).map(Object::toString).orElse(""),
              outcome instanceof BackendOutcome.Applied applied
                  ? FirewallTable.inPlace(row, applied.displaced())
                  : ""));
    }
    out.append(FirewallTable.render(cells)).append('\n');
  }

  /** With a count only where there are any. */
  private List<String> line(String rule, String origin, String count, String note) {
    return packets.isEmpty() ? List.of(rule, origin, note) : List.of(rule, origin, count, note);
  }

  private void problems(FirewallStatus told) {
    List<List<String>> lines = new ArrayList<>();
    for (PolicyState policy : told.policies()) {
      if (policy.reason() != null) {
        allInForce &= policy.applied();
        lines.add(
            List.of(
                policy.applied()
                    ? "note"
                    : PolicyReason.refuses(policy.reason()) ? "REFUSED" : "FAILED",
                "policy/" + policy.name(),
                policy.reason(),
                Optional.ofNullable(policy.message()).orElse("")));
      }
    }
    for (NodeFinding finding : told.findings()) {
      // Policies have had their line.
      if (!finding.object().startsWith("FirewallPolicy/")) {
        allInForce = false;
        lines.add(List.of("WRONG", finding.object(), finding.reason(), finding.message()));
      }
    }
    if (!lines.isEmpty()) {
      out.append('\n').append(FirewallTable.render(lines));
    }
  }
}
