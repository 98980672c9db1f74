package dev.tweed.dataplane.plan;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a sysctl of the node was when we came.
 *
 * @param path its file below /proc/sys/net
 * @param before its value then
 * @param ours what we wrote last; the same if it never had to be changed
 * @param asked whether somebody asked for it by name
 */
public record SysctlNote(String path, String before, String ours, boolean asked) {

  private static final Pattern OF_A_DEVICE =
      Pattern.compile("ipv[46]/conf/(?!(?:all|default)/)([^/]+)/(?:forwarding|rp_filter)");
  private static final String ASKED = "asked";
  private static final String NEEDED = "needed";

  /**
   * The device that it is of, where it is needed only as long as packets of pods use that. A
   * router's advertisements have to count as long as the node forwards, whatever the device is used
   * for.
   */
  public Optional<String> device() {
    Matcher matcher = OF_A_DEVICE.matcher(path);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** As a line of a file; values hold no tabs, as {@code SysctlReader} gives them. */
  public String line() {
    return String.join("\t", path, before, ours, asked ? ASKED : NEEDED);
  }

  /** The note of a line; empty if it is none, as after a crash in the middle of it. */
  public static Optional<SysctlNote> parse(String line) {
    String[] parts = line.split("\t", -1);
    return parts.length == 4
            && SysctlPlanner.isBelowNet(parts[0])
            && (parts[3].equals(ASKED) || parts[3].equals(NEEDED))
        ? Optional.of(new SysctlNote(parts[0], parts[1], parts[2], parts[3].equals(ASKED)))
        : Optional.empty();
  }
}
