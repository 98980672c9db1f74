package dev.tweed.e2e.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs one program to its end, without a shell. */
final class Program {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** What came of it. */
  record Outcome(String command, int exitCode, String out, String err) {
    boolean succeeded() {
      return exitCode == 0;
    }

    /** Standard output of a run that has to succeed. */
    String text() {
      if (!succeeded()) {
        throw new AssertionError("%s: exit code %d%n%s%n%s".formatted(command, exitCode, out, err));
      }
      return out;
    }
  }

  private Program() {}

  static Outcome run(List<String> command) {
    return run(command, Map.of(), "");
  }

  /** Output goes through files: a full pipe nobody reads would block the program. */
  static Outcome run(List<String> command, Map<String, String> environment, String input) {
    String shown = String.join(" ", command);
    try {
      Path in = Files.createTempFile("tweed-in", "");
      Path out = Files.createTempFile("tweed-out", "");
      Path err = Files.createTempFile("tweed-err", "");
      try {
        Files.writeString(in, input);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        Process process =
            builder
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          throw new AssertionError(shown + ": not finished after " + LIMIT);
        }
        return new Outcome(shown, process.exitValue(), read(out), read(err));
      } finally {
        Files.deleteIfExists(in);
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(shown, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(shown, e);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
