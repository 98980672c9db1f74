package dev.tweed.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a plugin for its versions by running it, with no shell and next to no environment. */
final class PluginProgram {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int OUTPUT_MAX = 4096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private PluginProgram() {}

  /** Its version; empty if it does not run here or does not say. */
  static Optional<PluginVersion> version(Path program) {
    return version(program, TIMEOUT);
  }

  static Optional<PluginVersion> version(Path program, Duration timeout) {
    return output(program, Map.of(), timeout).flatMap(PluginVersion::parse);
  }

  /** Whether it says that it speaks this version of the CNI specification. */
  static boolean speaks(Path program, String version) {
    Optional<String> answer = output(program, Map.of("CNI_COMMAND", "VERSION"), TIMEOUT);
    try {
      for (JsonNode spoken : JSON.readTree(answer.orElse("{}")).path("supportedVersions")) {
        if (spoken.asText().equals(version)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // it says something else
    }
  }

  private static Optional<String> output(
      Path program, Map<String, String> environment, Duration timeout) {
    try {
      ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
      builder.environment().clear();
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        process.getOutputStream().close();
        // Apart, since nothing interrupts a read of what somebody else keeps open.
        FutureTask<byte[]> about =
            new FutureTask<>(() -> process.getInputStream().readNBytes(OUTPUT_MAX));
        Thread.ofPlatform().daemon().name("plugin-version").start(about);
        byte[] text = about.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)
            ? Optional.of(new String(text, StandardCharsets.UTF_8))
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
