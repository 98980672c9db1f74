package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.Limits;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What a condition should say, before it is known since when. */
record Finding(String type, String status, String reason, String message) {
  static Finding yes(String type, String reason, String message) {
    return of(type, true, reason, message);
  }

  static Finding no(String type, String reason, String message) {
    return of(type, false, reason, message);
  }

  static Finding unknown(String type, String reason, String message) {
    return new Finding(type, "Unknown", reason, message);
  }

  static Finding of(String type, boolean holds, String reason, String message) {
    return new Finding(type, holds ? "True" : "False", reason, message);
  }

  boolean holds() {
    return status.equals("True");
  }

  /** As conditions; each keeps its transition time while its status stays the same. */
  static List<Condition> conditions(
      List<Finding> findings, List<Condition> previous, long generation, Instant now) {
    return findings.stream().map(f -> f.condition(previous, generation, now)).toList();
  }

  private Condition condition(List<Condition> previous, long generation, Instant now) {
    String since =
        previous.stream()
            .filter(c -> c.type().equals(type) && c.status().equals(status))
            .map(Condition::lastTransitionTime)
            .findFirst()
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    String text =
        message.length() > Limits.MESSAGE
            ? message.substring(0, Limits.MESSAGE - 3) + "..."
            : message;
    return new Condition(type, status, reason, text, since, generation);
  }
}
