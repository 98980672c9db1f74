package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Logging;
import dev.tweed.firewall.ufw.UfwRulesFile.Segment;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads user.rules or user6.rules as ufw would. What ufw would not understand, or would lose when
 * it writes the file next, is refused with the line to look at: such a file is better left alone.
 */
final class UfwRulesParser {

  private static final String TUPLE = "### tuple ###";
  private static final String BEGIN = "### RULES ###";
  private static final String END = "### END RULES ###";
  private static final String COMMIT = "COMMIT";

  private final AddressFamily family;
  private final List<String> lines;

  private UfwRulesParser(AddressFamily family, List<String> lines) {
    this.family = family;
    this.lines = lines;
  }

  static UfwRulesFile parse(String text, AddressFamily family) throws RefusalException {
    if (text.indexOf('\r') >= 0 || text.indexOf('\0') >= 0) {
      int at = Math.max(text.indexOf('\r'), text.indexOf('\0'));
      long line = text.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
      throw refused(family, "line " + line + " has a character that has no place in it");
    }
    if (text.isEmpty()) {
      throw refused(family, "it is empty");
    }
    if (!text.endsWith("\n")) {
      throw refused(family, "it does not end with a whole line");
    }
    return new UfwRulesParser(family, text.lines().toList()).read();
  }

  private UfwRulesFile read() throws RefusalException {
    int begin = lines.indexOf(BEGIN);
    int end = lines.indexOf(END);
    if (begin < 0) {
      throw refused(family, "there is no line '" + BEGIN + "'");
    }
    if (begin != lines.lastIndexOf(BEGIN)) {
      throw refused(lines.lastIndexOf(BEGIN), "is there a second time");
    }
    if (end != lines.lastIndexOf(END)) {
      throw refused(lines.lastIndexOf(END), "is there a second time");
    }
    if (end >= 0 && end < begin) {
      throw refused(end, "comes before '" + BEGIN + "'");
    }
    String prefix = UfwRuleRenderer.prefix(family);
    if (!lines.getFirst().equals("*filter")) {
      throw refused(0, "is not '*filter'");
    }
    if (lines.subList(0, begin).stream()
        .noneMatch(line -> line.startsWith(":" + prefix + "-user-input "))) {
      throw refused(family, "the chain " + prefix + "-user-input is not among its first lines");
    }
    int last = lastLine();
    if (!lines.get(last).equals(COMMIT)) {
      throw refused(last, "comes last, and not 'COMMIT'");
    }
    if (lines.indexOf(COMMIT) != last) {
      throw refused(lines.indexOf(COMMIT), "is there more than once");
    }
    // As the package installs it, before ufw writes it for the first time.
    int afterRules = end < 0 ? begin + 1 : end;
    // The empty line before the end belongs to it.
    int blank = afterRules > begin + 1 && lines.get(afterRules - 1).isBlank() ? 1 : 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean among = begin < i && i < afterRules - blank;
      if (!among && line.startsWith(TUPLE)) {
        throw refused(i, "is a rule outside of '" + BEGIN + "' and '" + END + "'");
      }
      if (!isUnderstood(line, among) && i > 0 && i < last) {
        throw refused(i, "is not a rule");
      }
      if (among && line.startsWith(TUPLE) && UfwTuple.tryParse(line).isEmpty()) {
        throw refused(i, "is not a tuple");
      }
    }
    return new UfwRulesFile(
        family,
        UfwRulesFile.joined(lines.subList(0, begin + 1)),
        segments(lines.subList(begin + 1, afterRules - blank)),
        end < 0
            ? "\n" + END + "\n\n" + UfwRulesFile.joined(lines.subList(afterRules, lines.size()))
            : UfwRulesFile.joined(lines.subList(afterRules - blank, lines.size())));
  }

  /** What iptables-restore would take and we might lose on the way to the chains is not. */
  private static boolean isUnderstood(String line, boolean amongRules) {
    return line.isBlank()
        || line.startsWith("#")
        || UfwRulesFile.RULE.matcher(line).matches() && !(amongRules && line.startsWith("-I"))
        || line.startsWith(":") && !amongRules;
  }

  private List<Segment> segments(List<String> rules) {
    List<Segment> segments = new ArrayList<>();
    List<String> current = new ArrayList<>();
    Optional<UfwTuple> tuple = Optional.empty();
    for (int i = 0; i < rules.size(); i++) {
      boolean starts =
          rules.get(i).startsWith(TUPLE)
              || rules.get(i).isBlank()
                  && i + 1 < rules.size()
                  && rules.get(i + 1).startsWith(TUPLE);
      boolean begun = current.size() == 1 && current.getFirst().isBlank();
      if (starts && !begun && !current.isEmpty()) {
        segments.addAll(split(current, tuple));
        current = new ArrayList<>();
        tuple = Optional.empty();
      }
      current.add(rules.get(i));
      if (rules.get(i).startsWith(TUPLE)) {
        tuple = UfwTuple.tryParse(rules.get(i));
      }
    }
    if (!current.isEmpty()) {
      segments.addAll(split(current, tuple));
    }
    return segments;
  }

  /** Lines below a tuple of ours that do not belong to it were put there by somebody else. */
  private List<Segment> split(List<String> part, Optional<UfwTuple> tuple) {
    if (tuple.isEmpty() || !tuple.get().isOurs()) {
      return List.of(new Segment(UfwRulesFile.joined(part), tuple, false));
    }
    Set<String> ours = new HashSet<>(UfwRuleRenderer.lines(tuple.get(), family));
    if (part.stream().anyMatch(line -> line.startsWith("-") && !ours.contains(line))) {
      // Somebody changed what the tuple does, and not the lines: those are ours all the same.
      for (Action action : Action.values()) {
        for (Logging logging : Logging.values()) {
          ours.addAll(
              UfwRuleRenderer.lines(
                  new UfwTuple(tuple.get().match(), action, logging, ""), family));
        }
      }
    }
    List<String> strangers =
        part.stream()
            .filter(line -> !line.isBlank() && !line.startsWith(TUPLE) && !ours.contains(line))
            .toList();
    List<Segment> segments = new ArrayList<>();
    segments.add(
        new Segment(
            UfwRulesFile.joined(part.stream().filter(line -> !strangers.contains(line)).toList()),
            tuple,
            true));
    if (!strangers.isEmpty()) {
      segments.add(new Segment(UfwRulesFile.joined(strangers), Optional.empty(), false));
    }
    return segments;
  }

  private int lastLine() {
    int last = lines.size() - 1;
    while (last > 0 && lines.get(last).isBlank()) {
      last--;
    }
    return last;
  }

  private RefusalException refused(int index, String what) {
    String line = lines.get(index).replaceAll("[^ -~]", "?");
    String shortened = line.length() > 60 ? line.substring(0, 60) + "..." : line;
    return refused(family, "line %d, '%s', %s".formatted(index + 1, shortened, what));
  }

  private static RefusalException refused(AddressFamily family, String reason) {
    return new RefusalException(
        "FileNotUnderstood",
        "/etc/ufw/" + UfwRulesFile.name(family) + " is not as ufw writes it: " + reason,
        "correct the file by hand; 'ufw reset' makes new ones, and disables ufw");
  }
}
