package dev.tweed.firewall.iptables;

import java.io.IOException;

/** A program that could not be run, or ended badly. */
public final class IptablesFailure extends IOException {
  private static final long serialVersionUID = 1;

  /** No such command, as a shell and chroot(1) say it. */
  private static final int NOT_FOUND = 127;

  private final int status;
  private final String complaint;

  IptablesFailure(String command, int status, String complaint) {
    super("%s ended with status %d: %s".formatted(command, status, firstLine(complaint)));
    this.status = status;
    this.complaint = complaint;
  }

  IptablesFailure(String command, IOException cause) {
    super(command + " cannot be started: " + cause.getMessage(), cause);
    this.status = NOT_FOUND;
    this.complaint = String.valueOf(cause.getMessage());
  }

  private static String firstLine(String complaint) {
    return complaint.lines().filter(line -> !line.isBlank()).findFirst().orElse("(no message)");
  }

  /** Whether there is no such program. */
  boolean isNotFound() {
    return status == NOT_FOUND;
  }

  /** Whether somebody else had the lock for too long. */
  boolean isLocked() {
    return complaint.contains("xtables lock");
  }

  /** Whether the kernel lacks the table, or a match or target. */
  boolean isMissingModule() {
    return complaint.contains("insmod")
        || complaint.contains("missing kernel module")
        || complaint.contains("Table does not exist")
        || complaint.contains("Address family not supported");
  }
}
