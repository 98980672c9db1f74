package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicySpec.Mode;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.operator.policy.PolicyOutcome.PolicyState;
import dev.tweed.operator.policy.PolicyTally;
import dev.tweed.operator.policy.PolicyTally.Remark;
import dev.tweed.operator.policy.PolicyValidation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Status of a FirewallPolicy. */
public final class FirewallPolicyStatusMapper {
  /** Nothing in the spec is wrong for every node. */
  public static final String ACCEPTED = "Accepted";

  /** The rules are in force on every selected node. */
  public static final String APPLIED = "Applied";

  /** They are on every selected node that is heard of. */
  public static final String READY = "Ready";

  /** Nothing happens before the spec is corrected; there only then, as kstatus has it. */
  public static final String STALLED = "Stalled";

  private static final int REMARKS_SHOWN = 3;

  private FirewallPolicyStatusMapper() {}

  /**
   * @param previous conditions the object has now, for their transition times
   */
  public static FirewallPolicyStatus status(
      PolicyState state, List<Condition> previous, Instant now) {
    PolicyTally tally = state.tally();
    Finding accepted = accepted(state.validation());
    Finding applied = applied(tally, state);
    List<Finding> findings =
        new ArrayList<>(List.of(accepted, applied, ready(tally, accepted, applied)));
    if (!accepted.holds()) {
      findings.add(Finding.yes(STALLED, accepted.reason(), accepted.message()));
    }
    return new FirewallPolicyStatus(
        state.generation(),
        Finding.conditions(findings, previous, state.generation(), now),
        tally.selected(),
        tally.applied(),
        tally.failures());
  }

  private static Finding accepted(PolicyValidation validation) {
    return switch (validation) {
      case PolicyValidation.Good good ->
          Finding.yes(ACCEPTED, "Accepted", "whatever the rules name exists");
      case PolicyValidation.Notable(String reason, String message) ->
          Finding.yes(ACCEPTED, reason, message);
      case PolicyValidation.Refused(String reason, String message) ->
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

  // A node that is down may be so for ever; it has the policy before its pods run again.
  private static Finding ready(PolicyTally tally, Finding accepted, Finding applied) {
    if (!accepted.holds()) {
      return Finding.no(READY, accepted.reason(), accepted.message());
    }
    boolean onlySilent =
        tally.failing() == 0 && tally.applied() > 0 && tally.pending() == tally.silent();
    return onlySilent && !applied.holds()
        ? Finding.yes(READY, "DaemonsSilent", applied.message())
        : Finding.of(READY, applied.holds(), applied.reason(), applied.message());
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
