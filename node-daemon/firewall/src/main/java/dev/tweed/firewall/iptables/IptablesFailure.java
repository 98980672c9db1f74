package dev.tweed.firewall.iptables;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program that could not be run, or ended badly. */
public final class IptablesFailure extends IOException {
  private static final long serialVersionUID = 1;

  /** No such command, as a shell and chroot(1) say it. */
  private static final int NOT_FOUND = 127;

  private static final Pattern LINE = Pattern.compile("line:? ([1-9][0-9]{0,8})");

  private final int status;
  private final String complaint;

  /**
   * @param input that iptables-restore read; it complains of a line by its number
   */
  IptablesFailure(String command, int status, String complaint, String input) {
    super(
        "%s ended with status %d: %s%s"
            .formatted(command, status, firstLine(complaint), culprit(complaint, input)));
    this.status = status;
    this.complaint = complaint;
  }

  IptablesFailure(String command, IOException cause) {
    super(command + " cannot be started: " + cause.getMessage(), cause);
    this.status = NOT_FOUND;
    this.complaint = String.valueOf(cause.getMessage());
  }

  private static String culprit(String complaint, String input) {
    Matcher matcher = LINE.matcher(complaint);
    if (!matcher.find()) {
      return "";
    }
    return input
        .lines()
        .skip(Integer.parseInt(matcher.group(1)) - 1L)
        .findFirst()
        .filter(line -> !line.equals("COMMIT")) // there everything is tried for the first time
        .map(line -> ", in '" + line.replaceAll("[^ -~]", "?") + "'")
        .orElse("");
  }

  private static String firstLine(String complaint) {
    return complaint.lines().filter(line -> !line.isBlank()).findFirst().orElse("(no message)");
  }

  /** Whether there is no such program. */
  boolean isNotFound() {
    return status == NOT_FOUND;
  }

  /** Whether somebody else had the lock for too long. */
  public boolean isLocked() {
    return complaint.contains("xtables lock");
  }

  /** Whether the daemon lacks a capability. */
  boolean isNotPermitted() {
    return complaint.contains("Permission denied") || complaint.contains("not permitted");
  }

  /** Whether it is a program of the legacy flavour that says so. */
  boolean isLegacy() {
    return complaint.contains("(legacy)");
  }

  /** Whether the kernel lacks the table, or the whole family. */
  boolean isMissingTable() {
    return complaint.contains("Table does not exist")
        || complaint.contains("Address family not supported");
  }

  /** Whether the kernel lacks something. */
  boolean isMissingModule() {
    return isMissingTable()
        || complaint.contains("insmod")
        || complaint.contains("missing kernel module");
  }
}
