package dev.tweed.e2e.conformance;

import java.util.Objects;

/**
 * What became of one case.
 *
 * @param name as its suite calls it
 * @param outcome of the case
 * @param reason why it failed or was skipped, in one line; empty where the suite does not say
 */
record CaseResult(String name, Outcome outcome, String reason) {
  CaseResult {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(reason, "reason");
  }

  /** How a case ends. */
  enum Outcome {
    PASSED,
    FAILED,
    /** It found itself that it cannot run here. */
    SKIPPED
  }
}
