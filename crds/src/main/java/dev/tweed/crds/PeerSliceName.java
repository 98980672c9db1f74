package dev.tweed.crds;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a slice: its set, a hyphen, and its index.
 *
 * @param set such as {@code s-0f1e2d3c4b5a69788796}, or {@link #NAMESPACES}
 * @param index from 0
 */
public record PeerSliceName(String set, int index) {

  /** The set of the namespaces whose pods wait. */
  public static final String NAMESPACES = "namespaces";

  private static final Pattern NAME =
      Pattern.compile("(s-[0-9a-f]{20}|" + NAMESPACES + ")-(0|[1-9][0-9]{0,3})");

  /** Refuses what is no such name. */
  public PeerSliceName {
    if (!NAME.matcher(set + "-" + index).matches()) {
      throw new IllegalArgumentException("'" + set + "-" + index + "' is not the name of a slice");
    }
  }

  /** Reads a name. */
  public static Optional<PeerSliceName> tryParse(String name) {
    Matcher match = NAME.matcher(name);
    return match.matches()
        ? Optional.of(new PeerSliceName(match.group(1), Integer.parseInt(match.group(2))))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return set + "-" + index;
  }
}
