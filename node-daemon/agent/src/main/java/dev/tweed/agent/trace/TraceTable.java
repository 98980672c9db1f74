package dev.tweed.agent.trace;

import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The nftables table that counts packets of unreached peers, in the network namespace of the
 * calling thread. Each call ends within two seconds.
 */
public final class TraceTable {

  /** Its name; the family is {@code inet}. */
  static final String NAME = "tweed-trace";

  /** The device that has the probe address. */
  static final String PROBE_DEVICE = ProbeAddress.DEVICE;

  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final String ABSENT = "No such file or directory";

  private final Path nft;
  private final HostProgram program = new HostProgram(List.of(), StandardCharsets.UTF_8, LIMIT);

  /** What came of a command. */
  public sealed interface Outcome {
    /** It did what it should; what it printed. */
    record Done(String output) implements Outcome {}

    /** There is no such table. */
    record Absent() implements Outcome {}

    /** Nothing has changed; why. */
    record Failed(String message) implements Outcome {}
  }

  /**
   * @param nft path of nft, or just its name
   */
  public TraceTable(Path nft) {
    this.nft = nft;
  }

  /** Removes it. */
  public Outcome remove() {
    return run("", "delete", "table", "inet", NAME);
  }

  Outcome replace(String text) {
    return run(text, "-f", "-");
  }

  Outcome list() {
    return run("", "-j", "list", "table", "inet", NAME);
  }

  private Outcome run(String input, String... arguments) {
    String[] words = new String[arguments.length + 1];
    words[0] = nft.toString();
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    try (HostProgram.Running running = program.start(words)) {
      HostProgram.Ended ended = running.end(input);
      if (ended.status() == 0) {
        return new Outcome.Done(ended.output());
      }
      // Not that of a replacement, which makes the table first.
      return ended.complaint().contains(ABSENT) && input.isEmpty()
          ? new Outcome.Absent()
          : new Outcome.Failed(firstLine(ended));
    } catch (IOException e) {
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    }
  }

  private static String firstLine(HostProgram.Ended ended) {
    Optional<String> line = ended.complaint().lines().filter(l -> !l.isBlank()).findFirst();
    return line.orElse("nft ended with status " + ended.status());
  }
}
