package dev.tweed.agent.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Tells one boot of this host from another; see random(4). The kubelet tells it, too. */
public final class BootIdReader {

  private BootIdReader() {}

  /** The id of this boot; empty if the kernel does not tell. */
  public static Optional<String> read() {
    try {
      return Optional.of(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip())
          .filter(id -> !id.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
