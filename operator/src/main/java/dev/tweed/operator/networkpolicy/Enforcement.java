package dev.tweed.operator.networkpolicy;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus.Failure;
import dev.tweed.crds.Limits;
import dev.tweed.crds.NetworkPolicyReportStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * How far a policy is in force, by what nodes say.
 *
 * @param outlook where it has to be
 * @param enforcing nodes that have a pod it selects and have read its generation back
 * @param dropped packets, as these nodes last said
 * @param failures all other nodes that have such a pod, by name
 */
public record Enforcement(
    PolicyOutlook outlook, int enforcing, long dropped, List<Failure> failures) {
  /** The type of the condition. */
  public static final String ENFORCED = "Enforced";

  /** A node has not got so far yet. */
  public static final String PENDING = "Pending";

  /** A node has never said anything of policies. */
  public static final String NOT_REPORTED = "NotReported";

  private static final String MISSING = "PeersMissing";
  private static final String REFUSED = "ProgramRefused";
  private static final String UNKNOWN = "UnknownValue";

  public Enforcement {
    failures = List.copyOf(failures);
  }

  /**
   * Counts.
   *
   * @param nodes what a node says, by its name
   */
  public static Enforcement of(
      PolicyOutlook outlook, Function<String, Optional<NodeEnforcement>> nodes) {
    int enforcing = 0;
    long dropped = 0;
    List<Failure> failures = new ArrayList<>();
    for (String node : new TreeMap<>(outlook.pods()).keySet()) {
      Optional<NodeEnforcement> at = nodes.apply(node);
      Optional<NodeEnforcement.Program> program = at.map(w -> w.programs().get(outlook.program()));
      dropped += program.map(NodeEnforcement.Program::dropped).orElse(0L);
      if (program.filter(p -> p.generation() == outlook.generation()).isPresent()) {
        enforcing++;
      } else {
        failures.add(failure(outlook, node, at));
      }
    }
    return new Enforcement(outlook, enforcing, dropped, failures);
  }

  private static Failure failure(PolicyOutlook outlook, String node, Optional<NodeEnforcement> at) {
    if (at.isEmpty()) {
      return new Failure(
          node,
          NOT_REPORTED,
          "its daemon has said nothing of network policies yet; look at it: kubectl get pods -A -o"
              + " wide --field-selector spec.nodeName="
              + node);
    }
    Optional<NodeEnforcement.Fault> fault =
        at.get().fault().filter(f -> !f.reason().equals(PENDING));
    if (fault.isPresent()) {
      return new Failure(node, fault.get().reason(), fault.get().message());
    }
    if (!at.get().missing().isEmpty()) {
      return new Failure(node, MISSING, "waits for " + String.join(", ", at.get().missing()));
    }
    return new Failure(
        node, PENDING, "generation " + outlook.generation() + " is not in its kernel yet");
  }

  /** Whether it is in force wherever it has to be. */
  public boolean holds() {
    return failures.isEmpty() && isWhole();
  }

  /** Whether all that it says can be in force. */
  private boolean isWhole() {
    return outlook.refused().isEmpty() && outlook.unread().isEmpty();
  }

  /** Whether nothing is wrong but that nodes have not got so far. */
  public boolean isOnItsWay() {
    return isWhole() && failures.stream().allMatch(f -> passes(f.reason()));
  }

  /** Whether a reason is one of a node that has not got so far, as any has that joins. */
  public static boolean passes(String reason) {
    return reason.equals(PENDING) || reason.equals(NOT_REPORTED);
  }

  /** The condition, with the time of the one before where that says the same. */
  public Condition condition(Optional<Condition> before, Instant now) {
    String status = holds() ? "True" : "False";
    return new Condition(
        ENFORCED,
        status,
        reason(),
        cut(outlook.unread().isEmpty() ? message() : notAsWritten() + "; " + message()),
        before
            .filter(b -> b.status().equals(status))
            .map(Condition::lastTransitionTime)
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString()),
        outlook.generation());
  }

  private String reason() {
    if (outlook.refused().isPresent()) {
      return REFUSED;
    }
    if (!outlook.unread().isEmpty()) {
      return UNKNOWN;
    }
    if (outlook.pods().isEmpty()) {
      return "NoPodSelected";
    }
    return failures.isEmpty() ? "EnforcedEverywhere" : worst().reason();
  }

  // What somebody can do something about before what passes.
  private Failure worst() {
    return failures.stream()
        .filter(f -> !passes(f.reason()))
        .findFirst()
        .orElseGet(failures::getFirst);
  }

  private String notAsWritten() {
    return "not in force as it is written, for this version does not know "
        + String.join("; ", outlook.unread());
  }

  private String message() {
    if (outlook.refused().isPresent()) {
      return "the pods it selects are closed: the API server does not take what it is compiled to: "
          + outlook.refused().get();
    }
    if (outlook.pods().isEmpty()) {
      return "it selects no pod that is on a node";
    }
    int nodes = outlook.pods().size();
    String counts =
        "in force on %d of %d %s, for %d of %d %s"
            .formatted(
                enforcing,
                nodes,
                nodes == 1 ? "node" : "nodes",
                pods() - failures.stream().mapToInt(f -> outlook.pods().get(f.node())).sum(),
                pods(),
                pods() == 1 ? "pod" : "pods");
    if (failures.isEmpty()) {
      return counts;
    }
    Failure worst = worst();
    return counts
        + "; not on %s: %s"
            .formatted(
                switch (failures.size()) {
                  case 1 -> worst.node();
                  case 2 -> worst.node() + " and 1 more node";
                  default -> worst.node() + " and " + (failures.size() - 1) + " more nodes";
                },
                worst.message());
  }

  private int pods() {
    return outlook.pods().values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The status of a NetworkPolicyReport. */
  public NetworkPolicyReportStatus status(Optional<Condition> before, Instant now) {
    return new NetworkPolicyReportStatus(
        outlook.generation(),
        List.of(condition(before, now)),
        pods(),
        enforcing + "/" + outlook.pods().size(),
        dropped,
        outlook.program(),
        failures.stream()
            .limit(Limits.FAILURES)
            .map(f -> new Failure(f.node(), f.reason(), cut(f.message())))
            .toList());
  }

  private static String cut(String message) {
    return message.length() > Limits.MESSAGE
        ? message.substring(0, Limits.MESSAGE - 3) + "..."
        : message;
  }
}
