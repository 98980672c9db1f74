package dev.tweed.agent.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers beyond a reboot that there are policies: then pods are closed from the first, also
 * before the API server has said so again.
 */
final class PolicyMark {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyMark.class);

  private final Path file;

  PolicyMark(Path stateDir) {
    file = stateDir.resolve("policies");
  }

  boolean isThere() {
    return Files.exists(file);
  }

  void set(boolean there) {
    try {
      if (there && !isThere()) {
        Files.createDirectories(file.getParent());
        Files.createFile(file);
      } else if (!there) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.warn("that there are policies is not remembered beyond a reboot: {}", e.toString());
    }
  }
}
