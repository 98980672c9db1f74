package dev.tweed.firewall.ufw;

import dev.tweed.netlink.AddressFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * user.rules or user6.rules. What is not ours stays as it is, byte for byte.
 *
 * <p>Text is one character per byte (ISO 8859-1), so that it survives whatever it is.
 */
public final class UfwRulesFile {

  private static final String TUPLE = "### tuple ###";
  private static final String BEGIN = "### RULES ###";
  private static final String END = "### END RULES ###";

  private final AddressFamily family;
  private final String head;
  private final List<Segment> segments;
  private final String tail;

  /** Lines that belong together, with their ends; a tuple if they begin with one. */
  private record Segment(String text, Optional<UfwTuple> tuple, boolean ours) {}

  /** What reading gave. */
  public sealed interface Reading {
    /**
     * A file ufw would understand.
     *
     * @param file as read
     */
    record Read(UfwRulesFile file) implements Reading {}

    /**
     * One that is better left alone.
     *
     * @param reason what is wrong with it, for people
     */
    record Refused(String reason) implements Reading {}
  }

  /**
   * Our rules that a person's rule stands in for: ufw takes the two for one.
   *
   * @param ours what we would have written
   * @param theirs what is there
   */
  public record Overlap(UfwTuple ours, UfwTuple theirs) {
    /** Whether the person's rule decides otherwise. */
    public boolean contradicts() {
      return ours.action() != theirs.action();
    }
  }

  /**
   * The file with other rules of ours.
   *
   * @param file to be written
   * @param overlaps rules of ours that are not in it
   */
  public record Replacement(UfwRulesFile file, List<Overlap> overlaps) {}

  private UfwRulesFile(AddressFamily family, String head, List<Segment> segments, String tail) {
    this.family = family;
    this.head = head;
    this.segments = List.copyOf(segments);
    this.tail = tail;
  }

  /** Reads the text of a file. */
  public static Reading parse(String text, AddressFamily family) {
    List<String> lines = text.lines().toList();
    if (!text.endsWith("\n") || text.indexOf('\r') >= 0 || text.indexOf('\0') >= 0) {
      return refused("it does not end with a line, or has characters that have no place in it");
    }
    int begin = lines.indexOf(BEGIN);
    int end = lines.indexOf(END);
    if (begin < 0 || begin != lines.lastIndexOf(BEGIN) || end != lines.lastIndexOf(END)) {
      return refused("the line '" + BEGIN + "' must be there once, '" + END + "' at most once");
    }
    if (end >= 0 && end < begin) {
      return refused("'" + END + "' comes before '" + BEGIN + "'");
    }
    String prefix = UfwRuleRenderer.prefix(family);
    if (!lines.getFirst().equals("*filter")
        || lines.subList(0, begin).stream()
            .noneMatch(line -> line.startsWith(":" + prefix + "-user-input "))) {
      return refused("it does not begin with *filter and the chain " + prefix + "-user-input");
    }
    if (!lastOf(lines).equals("COMMIT") || lines.indexOf("COMMIT") != lines.lastIndexOf("COMMIT")) {
      return refused("it does not end with its only COMMIT");
    }
    // As the package installs it, before ufw writes it for the first time.
    int afterRules = end < 0 ? begin + 1 : end;
    // The empty line before the end belongs to it.
    int last = afterRules > begin + 1 && lines.get(afterRules - 1).isBlank() ? 1 : 0;
    List<String> outside = new ArrayList<>(lines.subList(0, begin));
    outside.addAll(lines.subList(afterRules, lines.size()));
    if (outside.stream().anyMatch(line -> line.startsWith(TUPLE))) {
      return refused("there is a rule outside of '" + BEGIN + "' and '" + END + "'");
    }
    List<String> rules = lines.subList(begin + 1, afterRules - last);
    for (String line : rules) {
      if (!line.isBlank() && !line.startsWith("#") && !line.startsWith("-A ")) {
        return refused("the line '" + shortened(line) + "' is not a rule");
      }
      if (line.startsWith(TUPLE) && UfwTuple.tryParse(line).isEmpty()) {
        return refused("the line '" + shortened(line) + "' is not a tuple");
      }
    }
    return new Reading.Read(
        new UfwRulesFile(
            family,
            joined(lines.subList(0, begin + 1)),
            segments(rules, family),
            end < 0
                ? "\n" + END + "\n\n" + joined(lines.subList(afterRules, lines.size()))
                : joined(lines.subList(afterRules - last, lines.size()))));
  }

  private static List<Segment> segments(List<String> rules, AddressFamily family) {
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
        segments.addAll(split(current, tuple, family));
        current = new ArrayList<>();
        tuple = Optional.empty();
      }
      current.add(rules.get(i));
      if (rules.get(i).startsWith(TUPLE)) {
        tuple = UfwTuple.tryParse(rules.get(i));
      }
    }
    if (!current.isEmpty()) {
      segments.addAll(split(current, tuple, family));
    }
    return segments;
  }

  /** Lines below a tuple of ours that do not belong to it were put there by somebody else. */
  private static List<Segment> split(
      List<String> lines, Optional<UfwTuple> tuple, AddressFamily family) {
    if (tuple.isEmpty() || !tuple.get().isOurs()) {
      return List.of(new Segment(joined(lines), tuple, false));
    }
    Set<String> ours = new HashSet<>(UfwRuleRenderer.lines(tuple.get(), family));
    List<String> strangers =
        lines.stream()
            .filter(line -> !line.isBlank() && !line.startsWith(TUPLE) && !ours.contains(line))
            .toList();
    List<Segment> segments = new ArrayList<>();
    segments.add(
        new Segment(
            joined(lines.stream().filter(line -> !strangers.contains(line)).toList()),
            tuple,
            true));
    if (!strangers.isEmpty()) {
      segments.add(new Segment(joined(strangers), Optional.empty(), false));
    }
    return segments;
  }

  /**
   * The file with these rules as ours, and no others. They stay where ours are now, or come last,
   * as {@code ufw allow} puts them. A rule that a person's stands in for is left out.
   */
  public Replacement withOurs(List<UfwTuple> wanted) {
    Map<UfwTuple.Match, UfwTuple> theirs = new LinkedHashMap<>();
    segments.stream()
        .filter(segment -> !segment.ours())
        .flatMap(segment -> segment.tuple().stream())
        .forEach(tuple -> theirs.putIfAbsent(tuple.match(), tuple));
    List<Overlap> overlaps = new ArrayList<>();
    List<Segment> ours = new ArrayList<>();
    for (UfwTuple tuple : wanted) {
      UfwTuple other = theirs.get(tuple.match());
      if (other == null) {
        ours.add(segment(tuple));
      } else {
        overlaps.add(new Overlap(tuple, other));
      }
    }
    List<Segment> all = new ArrayList<>();
    boolean placed = false;
    for (Segment segment : segments) {
      if (!segment.ours()) {
        all.add(segment);
      } else if (!placed) {
        all.addAll(ours);
        placed = true;
      }
    }
    if (!placed) {
      all.addAll(ours);
    }
    return new Replacement(new UfwRulesFile(family, head, all, tail), List.copyOf(overlaps));
  }

  private Segment segment(UfwTuple tuple) {
    List<String> lines = new ArrayList<>(List.of("", tuple.line()));
    lines.addAll(UfwRuleRenderer.lines(tuple, family));
    return new Segment(joined(lines), Optional.of(tuple), true);
  }

  /** Our rules in the file, in order. */
  public List<UfwTuple> ours() {
    return segments.stream()
        .filter(Segment::ours)
        .flatMap(segment -> segment.tuple().stream())
        .toList();
  }

  /** A person's rules in the file, in order. */
  public List<UfwTuple> theirs() {
    return segments.stream()
        .filter(segment -> !segment.ours())
        .flatMap(segment -> segment.tuple().stream())
        .toList();
  }

  /** The text of the file. */
  public String text() {
    return head + segments.stream().map(Segment::text).collect(Collectors.joining()) + tail;
  }

  /**
   * Input for {@code iptables-restore --noflush} that puts the rules into the running chains: those
   * of the user's rules, of their log and of rate limiting, each emptied and filled in one
   * transaction. ufw itself gives the whole file; the chains left out here hold nothing of ours.
   * Those of rate limiting are among them because ufw, when it is enabled for the first time,
   * leaves them empty for IPv6 until its next reload: a limit rule would refuse everything.
   */
  public String restoreInput() {
    List<String> chains = chains(family);
    List<String> rules =
        text().lines().filter(line -> line.startsWith("-A ") || line.startsWith("-I ")).toList();
    StringBuilder input = new StringBuilder("*filter\n");
    for (String chain : chains) {
      // Files as installed say nothing of rate limiting for IPv6.
      if (!chain.contains("-limit")
          || rules.stream().anyMatch(rule -> chainOf(rule).equals(chain))) {
        input.append(':').append(chain).append(" - [0:0]\n");
      }
    }
    rules.stream()
        .filter(rule -> chains.contains(chainOf(rule)))
        .forEach(rule -> input.append(rule).append('\n'));
    return input.append("COMMIT\n").toString();
  }

  private static String chainOf(String rule) {
    return rule.split(" ", 3)[1];
  }

  /** The chains that {@link #restoreInput} fills; the first is there whenever ufw is running. */
  static List<String> chains(AddressFamily family) {
    String prefix = UfwRuleRenderer.prefix(family) + "-user-";
    return Stream.of(
            "input",
            "output",
            "forward",
            "logging-input",
            "logging-output",
            "logging-forward",
            "limit",
            "limit-accept")
        .map(chain -> prefix + chain)
        .toList();
  }

  private static Reading refused(String reason) {
    return new Reading.Refused(reason);
  }

  private static String joined(List<String> lines) {
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  private static String lastOf(List<String> lines) {
    return lines.reversed().stream().filter(line -> !line.isBlank()).findFirst().orElse("");
  }

  private static String shortened(String line) {
    String text = line.replaceAll("[^ -~]", "?");
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }
}
