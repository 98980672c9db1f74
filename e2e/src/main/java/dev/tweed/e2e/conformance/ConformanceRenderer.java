package dev.tweed.e2e.conformance;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.conformance.CaseResult.Outcome;
import java.util.List;

/** Writes the result of a run into the document that has those of all suites. */
final class ConformanceRenderer {
  private ConformanceRenderer() {}

  /** The document with this result in the place of the last one of the suite. */
  static String replace(String document, SuiteResult result) {
    String begin = "<!-- result of " + result.suite().word() + " -->\n";
    String end = "<!-- end of " + result.suite().word() + " -->";
    int from = document.indexOf(begin);
    int to = document.indexOf(end, from);
    if (from < 0 || to < 0) {
      throw new BedException("the document has no place for suite " + result.suite().word());
    }
    return document.substring(0, from + begin.length()) + render(result) + document.substring(to);
  }

  private static String render(SuiteResult result) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s, commit %s: **%d passed, %d failed**, %d skipped, in %d min.%n"
            .formatted(
                result.date(),
                result.commit(),
                result.with(Outcome.PASSED).size(),
                result.with(Outcome.FAILED).size(),
                result.with(Outcome.SKIPPED).size(),
                Math.max(1, result.took().plusSeconds(30).toMinutes())));
    table(text, "Failed", result.with(Outcome.FAILED));
    table(text, "Skipped by the suite", result.with(Outcome.SKIPPED));
    return text.toString();
  }

  private static void table(StringBuilder text, String title, List<CaseResult> cases) {
    if (cases.isEmpty()) {
      return;
    }
    text.append("%n| %s | |%n|---|---|%n".formatted(title));
    cases.forEach(c -> text.append("| %s | %s |%n".formatted(cell(c.name()), cell(c.reason()))));
  }

  private static String cell(String text) {
    String line = text.replaceAll("\\s+", " ").replace("|", "\\|").replace("<", "&lt;").strip();
    return line.length() <= 200 ? line : line.substring(0, 199) + "…";
  }
}
