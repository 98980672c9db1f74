package dev.tweed.agent.cni;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks a plugin for its version by running it, with no shell and an empty environment. */
final class PluginProgram {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int OUTPUT_MAX = 4096;

  private PluginProgram() {}

  /** Its version; empty if it does not run here or does not say. */
  static Optional<PluginVersion> version(Path program) {
    try {
      ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
      builder.environment().clear();
      Process process = builder.start();
      try {
        process.getOutputStream().close();
        String about =
            new String(process.getInputStream().readNBytes(OUTPUT_MAX), StandardCharsets.UTF_8);
        return process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
            ? PluginVersion.parse(about)
            : Optional.empty();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
