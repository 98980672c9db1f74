package dev.tweed.agent.cni;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Knows a mount of a directory that was removed where it came from, and so leads nowhere. */
public final class RemovedDirectory {
  private RemovedDirectory() {}

  /**
   * Whether the path is such a mount: no name of the directory is left (its link count is 0), and
   * nothing can be made in it any more. A path that is not there is none.
   */
  public static boolean isAt(Path path) {
    try {
      return Files.getAttribute(path, "unix:nlink").equals(0);
    } catch (IOException e) {
      return false;
    }
  }
}
