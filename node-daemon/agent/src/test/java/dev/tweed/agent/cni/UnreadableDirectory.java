package dev.tweed.agent.cni;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory that can be opened and not read, as on a disk that fails: that of a process that has
 * ended and that nobody has waited for (proc_tgid_net_readdir(), fs/proc/proc_net.c).
 */
final class UnreadableDirectory implements AutoCloseable {
  private final Process parent;
  private final Path path;

  UnreadableDirectory() throws IOException {
    parent = new ProcessBuilder("sh", "-c", "sh -c 'exit 0' & exec sleep 600").start();
    await().until(() -> parent.children().anyMatch(UnreadableDirectory::isZombie));
    path =
        parent
            .children()
            .filter(UnreadableDirectory::isZombie)
            .map(child -> Path.of("/proc", String.valueOf(child.pid()), "net"))
            .findFirst()
            .orElseThrow();
  }

  private static boolean isZombie(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"))
          .contains(") Z ");
    } catch (IOException gone) {
      return false;
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    parent.destroyForcibly();
  }
}
