package dev.tweed.dataplane.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One setting below net of a file like /etc/sysctl.conf.
 *
 * @param file its name, for people
 * @param line its number, from 1
 * @param pattern which files below /proc/sys/net are meant; may hold {@code *}, {@code ?} and
 *     {@code [...]}
 * @param value what they get, with white space as single blanks; empty if they are left out of
 *     other patterns
 */
public record SysctlLine(String file, int line, String pattern, Optional<String> value) {

  /** More are nonsense, and would take long to compare. */
  private static final int MAX_STARS = 4;

  /**
   * The lines of a file that are about the network, as sysctl.d(5) says. Other lines, and such as
   * cannot be understood, are left out.
   */
  public static List<SysctlLine> parse(String file, String text) {
    List<SysctlLine> lines = new ArrayList<>();
    int number = 0;
    for (String raw : text.split("\n", -1)) {
      number++;
      String line = raw.strip();
      boolean tolerant = line.startsWith("-");
      if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
        continue;
      }
      String setting = tolerant ? line.substring(1).strip() : line;
      int equals = setting.indexOf('=');
      if (equals < 0 && !tolerant) {
        continue;
      }
      String name =
          SysctlPlanner.slashed((equals < 0 ? setting : setting.substring(0, equals)).strip());
      if (!name.startsWith("net/")) {
        continue;
      }
      Optional<String> value =
          equals < 0
              ? Optional.empty()
              : Optional.of(setting.substring(equals + 1).strip().replaceAll("\\s+", " "));
      lines.add(new SysctlLine(file, number, name.substring("net/".length()), value));
    }
    return List.copyOf(lines);
  }

  /** Whether it means several files. */
  boolean isGlob() {
    return pattern.matches(".*[*?\\[].*");
  }

  /** Whether a file below /proc/sys/net is meant, by name or by a pattern as of glob(7). */
  boolean matches(String path) {
    return isGlob()
        ? pattern.chars().filter(c -> c == '*').count() <= MAX_STARS && matches(0, path, 0)
        : pattern.equals(path);
  }

  /** The pattern from one place on against the path from another. */
  private boolean matches(int at, String path, int from) {
    if (at == pattern.length()) {
      return from == path.length();
    }
    char wanted = pattern.charAt(at);
    if (wanted == '*') {
      for (int end = from; ; end++) {
        if (matches(at + 1, path, end)) {
          return true;
        }
        if (end >= path.length() || path.charAt(end) == '/') {
          return false;
        }
      }
    }
    if (from == path.length()) {
      return false;
    }
    char found = path.charAt(from);
    int close = wanted == '[' ? pattern.indexOf(']', at + 2) : -1;
    if (close > 0) {
      return found != '/'
          && isAmong(pattern.substring(at + 1, close), found)
          && matches(close + 1, path, from + 1);
    }
    return (wanted == '?' ? found != '/' : wanted == found) && matches(at + 1, path, from + 1);
  }

  private static boolean isAmong(String characters, char found) {
    boolean negated = characters.startsWith("!") || characters.startsWith("^");
    boolean among = false;
    for (int i = negated ? 1 : 0; i < characters.length(); i++) {
      char from = characters.charAt(i);
      boolean range = i + 2 < characters.length() && characters.charAt(i + 1) == '-';
      char to = range ? characters.charAt(i + 2) : from;
      among |= from <= found && found <= to;
      i += range ? 2 : 0;
    }
    return among != negated;
  }
}
