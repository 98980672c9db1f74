package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicySpec.Mode;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.operator.policy.Judgement;
import dev.tweed.operator.policy.PolicyOutcome.PolicyState;
import dev.tweed.operator.policy.PolicyTally;
import dev.tweed.operator.policy.PolicyTally.Remark;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/** Status of a FirewallPolicy. */
public final class FirewallPolicyStatusMapper {
  /** Nothing in the spec is wrong for every node. */
  public static final String ACCEPTED = "Accepted";

  /** The rules are in force on every selected node. */
  public static final String APPLIED = "Applied";

  private static final int REMARKS_SHOWN = 3;

  private FirewallPolicyStatusMapper() {}

  /**
   * @param previous conditions the object has now, for their transition times
   */
  public static FirewallPolicyStatus status(
      PolicyState state, List<Condition> previous, Instant now) {
    PolicyTally tally = state.tally();
    return new FirewallPolicyStatus(
        state.generation(),
        Finding.conditions(
            List.of(accepted(state.judgement()), applied(tally, state)),
            previous,
            state.generation(),
            now),
        tally.selected(),
        tally.applied(),
        tally.failures());
  }

  private static Finding accepted(Judgement judgement) {
    return switch (judgement) {
      case Judgement.Good good ->
          Finding.yes(ACCEPTED, "Accepted", "whatever the rules name exists");
      case Judgement.Notable(String reason, String message) ->
          Finding.yes(ACCEPTED, reason, message);
      case Judgement.Refused(String reason, String message) ->
          Finding.no(ACCEPTED, reason, message);
    };
  }

  private static Finding applied(PolicyTally tally, PolicyState state) {
    long generation = state.generation();
    boolean audit = state.mode() == Mode.Audit;
    if (tally.selected() == 0) {
      return Finding.yes(
          APPLIED,
          "NoNodeSelected",
          "no Node has the labels that spec.nodeSelector asks for; compare: kubectl get nodes"
              + " --show-labels");
    }
    if (tally.failing() > 0) {
      Failure first = tally.failures().getFirst();
      return Finding.no(
          APPLIED,
          first.reason(),
          counts(tally, audit)
              + "; not on %s: %s".formatted(names(tally.failing(), first.node()), first.message())
              + (tally.pending() > 0 ? ". " + pending(tally, generation) : ""));
    }
    if (tally.pending() > 0) {
      return Finding.no(
          APPLIED, "Pending", counts(tally, audit) + "; " + pending(tally, generation));
    }
    return Finding.yes(
        APPLIED,
        audit ? "TriedEverywhere" : "AppliedEverywhere",
        counts(tally, audit) + remarks(tally.remarks()));
  }

  private static String counts(PolicyTally tally, boolean audit) {
    return "%s on %d of %d %s"
        .formatted(
            audit ? "mode Audit, refuses nothing: tried" : "in force",
            tally.applied(),
            tally.selected(),
            tally.selected() == 1 ? "node" : "nodes");
  }

  private static String pending(PolicyTally tally, long generation) {
    String first = tally.firstPending().orElse("");
    return "no word of generation %d yet from %s; if it stays so, look at the daemon there: kubectl get pods -A -o wide --field-selector spec.nodeName=%s"
        .formatted(generation, names(tally.pending(), first), first);
  }

  private static String names(int count, String first) {
    return switch (count) {
      case 1 -> first;
      case 2 -> first + " and 1 more node";
      default -> "%s and %d more nodes".formatted(first, count - 1);
    };
  }

  private static String remarks(List<Remark> remarks) {
    return remarks.stream()
        .limit(REMARKS_SHOWN)
        .map(
            r ->
                "; %s on %s%s"
                    .formatted(
                        r.reason(),
                        names(r.nodes(), r.node()),
                        r.message().isEmpty() ? "" : ": " + r.message()))
        .collect(Collectors.joining());
  }
}
