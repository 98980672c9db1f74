package dev.tweed.firewall.ufw;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What ufw is told by its settings.
 *
 * @param enabled ENABLED in /etc/ufw/ufw.conf: whether it starts with the machine
 * @param ipv6 IPV6 in /etc/default/ufw: whether user6.rules counts
 */
record UfwSettings(boolean enabled, boolean ipv6) {

  /**
   * Reads them.
   *
   * @param root root directory of the host's files
   * @throws IOException if a file is not there
   */
  static UfwSettings read(Path root) throws IOException {
    return new UfwSettings(
        isYes(root.resolve("etc/ufw/ufw.conf"), "ENABLED"),
        isYes(root.resolve("etc/default/ufw"), "IPV6"));
  }

  /** The last assignment counts: the file is a shell script to ufw-init. */
  private static boolean isYes(Path file, String name) throws IOException {
    Matcher matcher =
        Pattern.compile("(?m)^" + name + "=[\"']?(\\w+)[\"']?")
            .matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    boolean yes = false;
    while (matcher.find()) {
      yes = matcher.group(1).equalsIgnoreCase("yes");
    }
    return yes;
  }
}
