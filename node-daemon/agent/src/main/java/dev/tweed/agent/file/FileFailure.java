package dev.tweed.agent.file;

import dev.tweed.agent.finding.AgentReason;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Turns a failed write into a finding. */
public final class FileFailure {
  private FileFailure() {}

  /** A finding of no file that pods need: {@code FilesNotWritten}, whatever the cause. */
  public static NodeFinding notable(String purpose, Path file, IOException failure) {
    return of(AgentReason.FilesNotWritten, AgentReason.FilesNotWritten, purpose, file, failure);
  }

  /** DiskFull for ENOSPC and EDQUOT, otherwise the reason given. */
  public static NodeFinding of(
      AgentReason otherwise, String purpose, Path file, IOException failure) {
    return of(AgentReason.DiskFull, otherwise, purpose, file, failure);
  }

  /** A directory in the place of a file, or of what it is called while it is written. */
  public static Optional<Path> directoryAt(Path file) {
    return Stream.of(file, AtomicFile.temporary(file))
        .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
        .findFirst();
  }

  private static NodeFinding of(
      AgentReason ifFull, AgentReason otherwise, String purpose, Path file, IOException failure) {
    String again = "; it is tried again by itself";
    Optional<Path> directory = directoryAt(file);
    if (directory.isPresent()) {
      return NodeFinding.of(
          otherwise,
          file.toString(),
          purpose + " cannot be written: a directory is in the place of " + directory.get(),
          "see what it is and remove it: 'rm -r " + directory.get() + "'" + again);
    }
    String why =
        failure instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : failure.getClass().getSimpleName() + " " + failure.getMessage();
    // The JDK passes on strerror(3) and keeps the number to itself; a JVM without locale has these.
    boolean full = why.contains("No space left") || why.contains("quota exceeded");
    return full
        ? NodeFinding.of(
            ifFull,
            file.toString(),
            purpose + " cannot be written, the file system is full: " + why,
            "free some space ('df -h " + file.getParent() + "')" + again)
        : NodeFinding.of(
            otherwise,
            file.toString(),
            purpose + " cannot be written: " + why,
            "make "
                + file.getParent()
                + " exist and be writable for the daemon"
                + (otherwise == AgentReason.FilesNotWritten
                    ? ""
                    : ", or choose another directory (chart values cni.confDir, cni.binDir)")
                + again);
  }
}
