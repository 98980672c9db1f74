package dev.tweed.agent.cni;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version of a CNI plugin as the program tells it when run without CNI_COMMAND: {@code CNI bridge
 * plugin v1.9.1}.
 */
record PluginVersion(int major, int minor, int patch) implements Comparable<PluginVersion> {

  private static final Pattern ABOUT =
      Pattern.compile("CNI \\S+ plugin v(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})");

  /** Reads it from the program's output; empty for builds that do not know their version. */
  static Optional<PluginVersion> parse(String about) {
    Matcher matcher = ABOUT.matcher(about);
    if (!matcher.find()) {
      return Optional.empty();
    }
    int[] parts =
        Arrays.stream(new int[] {1, 2, 3}).map(i -> Integer.parseInt(matcher.group(i))).toArray();
    return Optional.of(new PluginVersion(parts[0], parts[1], parts[2]));
  }

  @Override
  public int compareTo(PluginVersion other) {
    return Arrays.compare(
        new int[] {major, minor, patch}, new int[] {other.major, other.minor, other.patch});
  }

  @Override
  public String toString() {
    return "v" + major + "." + minor + "." + patch;
  }
}
