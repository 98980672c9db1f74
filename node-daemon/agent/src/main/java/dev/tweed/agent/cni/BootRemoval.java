package dev.tweed.agent.cni;

import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A line of tmpfiles.d(5) that removes the CNI configuration at boot, before a runtime starts: by
 * it the node is NotReady until the daemon has verified its data path, and a configuration that was
 * left behind keeps no other network from coming. Hosts without systemd-tmpfiles do not read it.
 */
public final class BootRemoval {

  private final Path file;

  /**
   * @param directory the host's tmpfiles.d as seen from this process
   */
  public BootRemoval(Path directory) {
    this.file = directory.resolve("tweed.conf");
  }

  /**
   * Puts the line in place; touches nothing if it is there.
   *
   * @param confDirOnHost the runtime's configuration directory as seen by the host
   */
  public void install(Path confDirOnHost) throws IOException {
    String line = "r! " + confDirOnHost.resolve(CniConfigFile.NAME) + "\n";
    AtomicFile.keep(file, line.getBytes(StandardCharsets.UTF_8), "rw-r--r--");
  }

  /** Removes it; true if it was there. */
  public boolean remove() throws IOException {
    AtomicFile.forgetAttempt(file);
    return Files.deleteIfExists(file);
  }
}
