package dev.tweed.agent.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Knows a mount of a directory that was removed where it came from, and so leads nowhere. */
public final class RemovedDirectory {
  /** Of this thread, whose mounts may be its own; see proc_pid_mountinfo(5). */
  private static final Path MOUNTS = Path.of("/proc/thread-self/mountinfo");

  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;

  private RemovedDirectory() {}

  /**
   * Whether the path is such a mount: nothing can be made in it any more. A path that is not there
   * is none. By the kernel's word on the mount, since overlayfs shows a link count of 1 for
   * directories that are gone.
   */
  public static boolean isAt(Path path) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      return !entries.iterator().hasNext() && isMountOfRemoved(path);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isMountOfRemoved(Path path) throws IOException {
    String escaped = path.toString().replace("\\", "\\134").replace(" ", "\\040");
    try (Stream<String> mounts = Files.lines(MOUNTS, StandardCharsets.ISO_8859_1)) {
      return mounts
          .map(line -> line.split(" "))
          .anyMatch(
              mount -> mount[MOUNT_POINT].equals(escaped) && mount[ROOT].endsWith("//deleted"));
    }
  }
}
