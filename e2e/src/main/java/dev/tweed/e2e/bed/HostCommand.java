package dev.tweed.e2e.bed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Runs a program on the machine the tests run on. No shell is involved. */
final class HostCommand {
  private static final Executor READERS = task -> Thread.ofVirtual().start(task);

  private HostCommand() {}

  /**
   * Runs to the end.
   *
   * @param input written to standard input, may be empty
   * @throws BedException when it cannot be started or takes longer than {@code limit}
   */
  static Output run(
      List<String> command, Map<String, String> environment, String input, Duration limit) {
    String shown = String.join(" ", command);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      CompletableFuture<String> stdout = read(process.getInputStream());
      CompletableFuture<String> stderr = read(process.getErrorStream());
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // A command that reads no input has closed the pipe; its exit code says whether that is
        // bad.
      }
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new BedException("%s: not finished after %s".formatted(shown, limit));
      }
      return new Output(shown, process.exitValue(), stdout.join(), stderr.join());
    } catch (IOException e) {
      throw new BedException(shown + ": cannot be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BedException(shown + ": interrupted", e);
    }
  }

  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        READERS);
  }
}
