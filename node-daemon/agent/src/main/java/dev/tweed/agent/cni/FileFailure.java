package dev.tweed.agent.cni;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Turns a failed write into a finding. */
final class FileFailure {
  private FileFailure() {}

  /** DiskFull for ENOSPC and EDQUOT, otherwise the reason given. */
  static NodeFinding of(AgentReason otherwise, String purpose, Path file, IOException failure) {
    String why =
        failure instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : failure.getClass().getSimpleName() + " " + failure.getMessage();
    // The JDK passes on strerror(3) and keeps the number to itself; a JVM without locale has these.
    boolean full = why.contains("No space left") || why.contains("quota exceeded");
    return full
        ? NodeFinding.of(
            AgentReason.DiskFull,
            file.toString(),
            purpose + " cannot be written, the file system is full: " + why,
            "free some space ('df -h " + file.getParent() + "'); it is tried again by itself")
        : NodeFinding.of(
            otherwise,
            file.toString(),
            purpose + " cannot be written: " + why,
            "make "
                + file.getParent()
                + " exist and be writable for the daemon, or choose another"
                + " directory (chart values cni.confDir, cni.binDir)");
  }
}
