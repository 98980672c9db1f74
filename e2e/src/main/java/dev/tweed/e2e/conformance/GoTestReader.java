package dev.tweed.e2e.conformance;

import dev.tweed.e2e.conformance.CaseResult.Outcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a test binary of Go prints with {@code -test.v}. */
final class GoTestReader {
  private static final Pattern RESULT =
      Pattern.compile(" *--- (?<outcome>PASS|FAIL|SKIP): (?<name>\\S+) \\([0-9.]+s\\)");
  private static final Pattern CURRENT = Pattern.compile("=== (RUN|NAME|CONT) +(?<name>\\S+)");
  private static final Pattern MESSAGE = Pattern.compile(" +\\S+\\.go:\\d+: (?<text>\\S.*)");

  private GoTestReader() {}

  /**
   * The tests that have no tests inside them, without the name of the outermost. The reason is the
   * last line that a test printed.
   */
  static List<CaseResult> read(String output) {
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    Map<String, String> messages = new HashMap<>();
    String current = "";
    for (String line : output.lines().toList()) {
      Matcher result = RESULT.matcher(line);
      Matcher other = CURRENT.matcher(line);
      Matcher message = MESSAGE.matcher(line);
      if (result.matches()) {
        outcomes.put(result.group("name"), outcome(result.group("outcome")));
      } else if (other.matches()) {
        current = other.group("name");
      } else if (message.matches()) {
        messages.put(current, message.group("text"));
      }
    }
    Set<String> names = outcomes.keySet();
    return names.stream()
        .filter(n -> names.stream().noneMatch(other -> other.startsWith(n + "/")))
        .map(
            n ->
                new CaseResult(
                    withoutOutermost(n),
                    outcomes.get(n),
                    outcomes.get(n) == Outcome.PASSED ? "" : messages.getOrDefault(n, "")))
        .toList();
  }

  private static Outcome outcome(String word) {
    return switch (word) {
      case "PASS" -> Outcome.PASSED;
      case "FAIL" -> Outcome.FAILED;
      default -> Outcome.SKIPPED;
    };
  }

  private static String withoutOutermost(String name) {
    return name.substring(name.indexOf('/') + 1);
  }
}
