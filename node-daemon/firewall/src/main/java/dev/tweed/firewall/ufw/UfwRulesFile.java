package dev.tweed.firewall.ufw;

import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * user.rules or user6.rules. What is not ours stays as it is, byte for byte.
 *
 * <p>Text is one character per byte (ISO 8859-1), so that it survives whatever it is.
 */
final class UfwRulesFile {

  /** A rule for iptables-restore, which takes any blanks between its words. */
  static final Pattern RULE = Pattern.compile("-[AI][ \\t]+(\\S+).*");

  private final AddressFamily family;
  private final String head;
  private final List<Segment> segments;
  private final String tail;

  /** Lines that belong together, with their ends; a tuple if they begin with one. */
  record Segment(String text, Optional<UfwTuple> tuple, boolean ours) {}

  /**
   * Our rules that a person's rule stands in for: ufw takes the two for one.
   *
   * @param ours what we would have written
   * @param theirs what is there
   */
  record Overlap(UfwTuple ours, UfwTuple theirs) {
    /** Whether the person's rule decides otherwise. */
    boolean contradicts() {
      return ours.action() != theirs.action();
    }
  }

  /**
   * The file with other rules of ours.
   *
   * @param file to be written
   * @param overlaps rules of ours that are not in it
   */
  record Replacement(UfwRulesFile file, List<Overlap> overlaps) {}

  UfwRulesFile(AddressFamily family, String head, List<Segment> segments, String tail) {
    this.family = family;
    this.head = head;
    this.segments = List.copyOf(segments);
    this.tail = tail;
  }

  /** Name of the file of a family. */
  static String name(AddressFamily family) {
    return family == AddressFamily.IPV4 ? "user.rules" : "user6.rules";
  }

  /**
   * Reads the text of a file.
   *
   * @throws RefusalException if it is better left alone
   */
  static UfwRulesFile parse(String text, AddressFamily family) throws RefusalException {
    return UfwRulesParser.parse(text, family);
  }

  /**
   * The file with these rules as ours, and no others. Each stays where it is now, and a new one
   * comes after the one before it; the first comes last of all, as {@code ufw allow} puts it. So
   * what a person inserts among ours stays there.
   *
   * <p>A rule that a person's stands in for is left out, and those after it come after that one:
   * "allow from here, deny from anywhere" would lock out if the person's "allow from here" came
   * second.
   */
  Replacement withOurs(List<UfwTuple> wanted) {
    Map<UfwTuple.TupleMatch, Integer> theirs = places(false);
    Map<UfwTuple.TupleMatch, Integer> ours = places(true);
    List<Overlap> overlaps = new ArrayList<>();
    Map<Integer, List<Segment>> added = new HashMap<>();
    int place = ours.values().stream().min(Integer::compare).orElse(segments.size());
    for (UfwTuple tuple : wanted) {
      Integer other = theirs.get(tuple.match());
      if (other == null) {
        place = Math.max(place, ours.getOrDefault(tuple.match(), place));
        added.computeIfAbsent(place, p -> new ArrayList<>()).add(segment(tuple));
      } else {
        place = Math.max(place, other + 1);
        overlaps.add(new Overlap(tuple, segments.get(other).tuple().orElseThrow()));
      }
    }
    List<Segment> all = new ArrayList<>();
    for (int i = 0; i <= segments.size(); i++) {
      all.addAll(added.getOrDefault(i, List.of()));
      if (i < segments.size() && !segments.get(i).ours()) {
        all.add(segments.get(i));
      }
    }
    return new Replacement(new UfwRulesFile(family, head, all, tail), List.copyOf(overlaps));
  }

  /** Where among the segments the rules of one side are; of equal ones, the first. */
  private Map<UfwTuple.TupleMatch, Integer> places(boolean ours) {
    Map<UfwTuple.TupleMatch, Integer> places = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).ours() == ours && segments.get(i).tuple().isPresent()) {
        places.putIfAbsent(segments.get(i).tuple().get().match(), i);
      }
    }
    return places;
  }

  private Segment segment(UfwTuple tuple) {
    List<String> lines = new ArrayList<>(List.of("", tuple.line()));
    lines.addAll(UfwRuleRenderer.lines(tuple, family));
    return new Segment(joined(lines), Optional.of(tuple), true);
  }

  /** Our rules in the file, in order. */
  List<UfwTuple> ours() {
    return segments.stream()
        .filter(Segment::ours)
        .flatMap(segment -> segment.tuple().stream())
        .toList();
  }

  /** A person's rules in the file, in order. */
  List<UfwTuple> theirs() {
    return segments.stream()
        .filter(segment -> !segment.ours())
        .flatMap(segment -> segment.tuple().stream())
        .toList();
  }

  /** The text of the file. */
  String text() {
    return head + segments.stream().map(Segment::text).collect(Collectors.joining()) + tail;
  }

  /**
   * Input for {@code iptables-restore --noflush} that puts the rules into the running chains: those
   * of the user's rules, of their log and of rate limiting, each emptied and filled in one
   * transaction. ufw itself gives the whole file; the chains left out here hold nothing of ours.
   * Those of rate limiting are among them because ufw, when it is enabled for the first time,
   * leaves them empty for IPv6 until its next reload: a limit rule would refuse everything.
   */
  String restoreInput() {
    List<String> chains = chains(family);
    List<String> rules = text().lines().filter(line -> line.startsWith("-")).toList();
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
    Matcher matcher = RULE.matcher(rule);
    return matcher.matches() ? matcher.group(1) : "";
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

  static String joined(List<String> lines) {
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }
}
