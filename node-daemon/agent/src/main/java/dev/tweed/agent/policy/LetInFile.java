package dev.tweed.agent.policy;

import dev.tweed.host.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers, until the machine restarts, which pods were let in without the operator's word: by
 * their UIDs, since another pod may have got the address of one while the daemon was away.
 */
public final class LetInFile {

  private static final Logger LOG = LoggerFactory.getLogger(LetInFile.class);
  private static final String PERMISSIONS = "rw-------";

  private final Path file;

  /**
   * @param runDir state that does not survive a reboot
   */
  public LetInFile(Path runDir) {
    file = runDir.resolve("let-in");
  }

  /** UIDs; empty if nothing is remembered. */
  public Optional<Set<String>> read() {
    try {
      return Optional.of(Set.copyOf(Files.readAllLines(file)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void write(Set<String> uids) {
    try {
      byte[] lines =
          String.join("\n", uids.stream().sorted().toList()).getBytes(StandardCharsets.UTF_8);
      AtomicFile.keep(file, lines, PERMISSIONS);
    } catch (IOException e) {
      LOG.warn("who was let in is not remembered beyond this process: {}", e.toString());
    }
  }

  void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} is not removed: {}", file, e.toString());
    }
  }
}
