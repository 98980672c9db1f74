package dev.tweed.firewall.nft;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs nft in the network namespace of the calling thread. Arguments go as they are, through no
 * shell; rules go by standard input.
 */
final class NftProgram {

  /** Ten thousand rules that cannot be merged take a second. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  private static final int MAX_OUTPUT = 64 << 20;

  private final Path binary;

  /** How a run ended. */
  sealed interface Run {
    /** With success; what it printed. */
    record Done(String output) implements Run {}

    /** Without; what it said. */
    record Failed(String message) implements Run {}

    /** It did not start. */
    record Missing(String message) implements Run {}
  }

  NftProgram(Path binary) {
    this.binary = binary;
  }

  Run run(String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Messages are told apart by their text.
    builder.environment().put("LC_ALL", "C");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Run.Missing(binary + " cannot be run: " + e.getMessage());
    }
    AtomicBoolean killed = new AtomicBoolean();
    // A plain thread: anything smarter brings pools into the daemon that nothing else needs.
    Thread watchdog =
        Thread.ofPlatform().name("nft-time-limit").daemon().start(() -> limit(process, killed));
    try {
      // nft complains after it has read all, so neither side waits for the other.
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended before it read all; its output says why.
      }
      byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT);
      if (output.length == MAX_OUTPUT) {
        return new Run.Failed("nft prints more than " + MAX_OUTPUT + " bytes");
      }
      int status = process.waitFor();
      if (killed.get()) {
        return new Run.Failed("no end after " + TIME_LIMIT.toSeconds() + " s");
      }
      String text = new String(output, StandardCharsets.UTF_8);
      return status == 0 ? new Run.Done(text) : new Run.Failed(message(text, status));
    } catch (IOException e) {
      return new Run.Failed("its output cannot be read: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Run.Failed("interrupted");
    } finally {
      process.destroyForcibly();
      watchdog.interrupt();
    }
  }

  private static String message(String output, int status) {
    return output
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.substring(0, Math.min(line.length(), 300)))
        .findFirst()
        .orElse("nft ended with status " + status);
  }

  private static void limit(Process process, AtomicBoolean killed) {
    try {
      if (!process.waitFor(TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        killed.set(true);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
