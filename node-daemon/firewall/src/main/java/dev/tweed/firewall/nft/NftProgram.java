package dev.tweed.firewall.nft;

import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs nft in the network namespace of the calling thread. Arguments go as they are, through no
 * shell; rules go by standard input.
 */
final class NftProgram {

  /** Ten thousand rules that cannot be merged take a second. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  private final Path binary;
  private final HostProgram program =
      new HostProgram(List.of(), StandardCharsets.UTF_8, TIME_LIMIT);

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
    List<String> words = new ArrayList<>(List.of(binary.toString()));
    words.addAll(List.of(arguments));
    HostProgram.Running running;
    try {
      running = program.start(words.toArray(String[]::new));
    } catch (IOException e) {
      return new Run.Missing(binary + " cannot be run: " + e.getMessage());
    }
    try (running) {
      HostProgram.Ended ended = running.end(input);
      return ended.status() == 0 ? new Run.Done(ended.output()) : new Run.Failed(message(ended));
    } catch (IOException e) {
      return new Run.Failed(String.valueOf(e.getMessage()));
    }
  }

  private static String message(HostProgram.Ended ended) {
    return (ended.complaint() + ended.output())
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.substring(0, Math.min(line.length(), 300)))
        .findFirst()
        .orElse("nft ended with status " + ended.status());
  }
}
