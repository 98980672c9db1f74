package dev.tweed.agent.cni;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a plugin for its version by running it, with no shell and an empty environment. */
final class PluginProgram {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int OUTPUT_MAX = 4096;

  private PluginProgram() {}

  /** Its version; empty if it does not run here or does not say. */
  static Optional<PluginVersion> version(Path program) {
    return version(program, TIMEOUT);
  }

  static Optional<PluginVersion> version(Path program, Duration timeout) {
    try {
      ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
      builder.environment().clear();
      Process process = builder.start();
      try {
        process.getOutputStream().close();
        // Apart, since nothing interrupts a read of what somebody else keeps open.
        FutureTask<byte[]> about =
            new FutureTask<>(() -> process.getInputStream().readNBytes(OUTPUT_MAX));
        Thread.ofPlatform().daemon().name("plugin-version").start(about);
        byte[] text = about.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)
            ? PluginVersion.parse(new String(text, StandardCharsets.UTF_8))
            : Optional.empty();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException | UncheckedIOException | ExecutionException | TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
