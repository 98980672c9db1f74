package dev.tweed.agent.command;

import dev.tweed.agent.command.FirewallTable.Line;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.agent.firewall.Intended;
import dev.tweed.agent.firewall.PolicyReason;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.nft.GuardListing;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Intended rules beside found ones, for a person. Pure. */
final class FirewallStatusText {

  private final StringBuilder out = new StringBuilder();
  private boolean allInForce = true;

  private FirewallStatusText() {}

  /** When no daemon has left word of what it wants. */
  static FirewallStatusText unknown() {
    FirewallStatusText text = new FirewallStatusText();
    text.out.append("No daemon has looked at the firewall of this node since it was booted.\n");
    text.allInForce = false;
    return text;
  }

  /**
   * A text.
   *
   * @param found in the firewall that holds the rules; empty if none can
   * @param ready found in the firewall that is switched off and is to hold them one day
   * @param guard found in the table beside the firewall
   * @param told by the daemon
   */
  static FirewallStatusText of(
      Intended intended,
      Optional<BackendListing> found,
      Optional<BackendListing> ready,
      GuardListing guard,
      Optional<FirewallStatus> told) {
    FirewallStatusText text = new FirewallStatusText();
    text.head(intended, told);
    found.ifPresent(listing -> text.listing(listing, false));
    if (found.isEmpty() && !intended.rows().isEmpty()) {
      text.nowhere(intended);
    }
    ready.ifPresent(
        listing -> {
          text.out.append(
              "\nKept ready in %s, which is switched off:\n"
                  .formatted(intended.standby().map(BackendKind::text).orElse("")));
          text.listing(listing, true);
        });
    text.guard(guard);
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

  private void head(Intended intended, Optional<FirewallStatus> told) {
    out.append(
        told.map(t -> "Firewall  %s, %s\n".formatted(t.firewall().manager(), t.firewall().state()))
            .orElse(""));
    out.append("Rules in  ")
        .append(intended.backend().map(BackendKind::text).orElse("no firewall"))
        .append(
            told.map(t -> t.firewall().backendReason())
                .filter(reason -> !reason.isEmpty())
                .map(reason -> ": " + reason)
                .orElse(""))
        .append("\n\n");
  }

  private void nowhere(Intended intended) {
    allInForce = false;
    out.append("None of %s can be in force.\n".formatted(rules(intended.rows().size())));
  }

  private void listing(BackendListing listing, boolean ready) {
    switch (listing) {
      case BackendListing.Unreadable(var message, var remedy) -> unreadable(message, remedy);
      case BackendListing.Compared compared -> table(FirewallTable.lines(compared), ready);
    }
  }

  /** Nothing, where nothing is wanted there and nothing found. */
  private void guard(GuardListing listing) {
    switch (listing) {
      case GuardListing.Unreadable(var message, var remedy) -> {
        out.append('\n').append(FirewallTable.GUARD_TITLE);
        unreadable(message, remedy);
      }
      case GuardListing.Compared compared -> {
        List<Line> lines = FirewallTable.lines(compared);
        if (!lines.isEmpty()) {
          out.append('\n').append(FirewallTable.GUARD_TITLE);
          table(lines, false);
        }
      }
    }
  }

  private void unreadable(String message, String remedy) {
    allInForce = false;
    out.append(
        "It cannot be read: %s%s\n".formatted(message, remedy.isEmpty() ? "" : "; " + remedy));
  }

  private void table(List<Line> lines, boolean ready) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("STATE", "RULE", "OF", "FOUND"));
    Map<State, Integer> counts = new EnumMap<>(State.class);
    for (Line line : lines) {
      counts.merge(line.state(), 1, Integer::sum);
      cells.add(
          List.of(word(line.state()), cell(line.rule()), cell(line.of()), cell(line.found())));
    }
    if (lines.isEmpty()) {
      out.append("No rules are wanted in it, and none of Tweed's are there.\n");
      return;
    }
    out.append(FirewallTable.render(cells)).append('\n');
    summary(counts, ready);
  }

  private static String cell(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private void summary(Map<State, Integer> counts, boolean ready) {
    State good = ready ? State.WRITTEN : State.PRESENT;
    int extra = counts.getOrDefault(State.EXTRA, 0);
    int all = counts.values().stream().mapToInt(Integer::intValue).sum() - extra;
    int displaced = counts.getOrDefault(State.DISPLACED, 0);
    int there = counts.getOrDefault(good, 0);
    if (ready) {
      there += counts.getOrDefault(State.PRESENT, 0);
    }
    out.append("%d of %s %s".formatted(there, rules(all), ready ? "kept ready" : "in force"));
    if (displaced > 0) {
      out.append(", %d with a person's rule in its place".formatted(displaced));
    }
    if (there + displaced < all) {
      out.append(", %d NOT".formatted(all - there - displaced));
      allInForce = false;
    }
    if (extra > 0) {
      out.append(", %d that should not be there".formatted(extra));
      allInForce = false;
    }
    out.append('\n');
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

  private static String word(State state) {
    return switch (state) {
      case PRESENT -> "in force";
      case WRITTEN -> "written";
      case MISSING -> "MISSING";
      case DISPLACED -> "displaced";
      case EXTRA -> "EXTRA";
    };
  }

  private static String rules(int count) {
    return count == 1 ? "1 rule" : count + " rules";
  }
}
