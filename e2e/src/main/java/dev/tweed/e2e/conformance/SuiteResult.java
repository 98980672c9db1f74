package dev.tweed.e2e.conformance;

import java.time.Duration;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What became of one run of a suite.
 *
 * @param suite which
 * @param date of the run
 * @param commit of Tweed that it ran against
 * @param took from its first case to its last
 * @param cases by name
 */
record SuiteResult(
    Suite suite, LocalDate date, String commit, Duration took, List<CaseResult> cases) {
  SuiteResult {
    Objects.requireNonNull(suite, "suite");
    Objects.requireNonNull(date, "date");
    Objects.requireNonNull(commit, "commit");
    Objects.requireNonNull(took, "took");
    cases = cases.stream().sorted(Comparator.comparing(CaseResult::name)).toList();
  }

  List<CaseResult> with(CaseResult.Outcome outcome) {
    return cases.stream().filter(c -> c.outcome() == outcome).toList();
  }

  /** Whether it ran at all, and no case failed. */
  boolean passed() {
    return !cases.isEmpty() && with(CaseResult.Outcome.FAILED).isEmpty();
  }
}
