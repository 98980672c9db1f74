package dev.tweed.firewall.nft;

import dev.tweed.firewall.backend.Obstacle;
import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Runs nft in the network namespace of the calling thread; rules go by standard input. */
final class NftProgram {

  static final String KERNEL_TOO_OLD = "KernelTooOld";

  private static final String NOT_FOUND = "No such file or directory";

  /** Ten thousand rules take a second. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  private final Path binary;
  private final HostProgram program;

  NftProgram(Path binary) {
    this.binary = binary;
    this.program = new HostProgram(List.of(binary.toString()), StandardCharsets.UTF_8, TIME_LIMIT);
  }

  /**
   * What it prints.
   *
   * @throws Obstacle if it did not do as it was told; then nothing has changed
   */
  String run(String input, String... arguments) throws Obstacle {
    HostProgram.Running running;
    try {
      running = program.start(arguments);
    } catch (IOException e) {
      throw new Obstacle(
          "NftMissing",
          binary + " cannot be run: " + e.getMessage(),
          "install nftables, or use an image of Tweed's that has it");
    }
    try (running) {
      HostProgram.Ended ended = running.end(input);
      if (ended.status() != 0) {
        throw refusal(message(ended));
      }
      return ended.output();
    } catch (IOException e) {
      throw refusal(String.valueOf(e.getMessage()));
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

  /** Sorts by what nft says, in its own words (LC_ALL=C). */
  private static Obstacle refusal(String message) {
    if (message.contains("Operation not permitted")) {
      return new Obstacle(
          "NotPermitted", message, "give the daemon the capability NET_ADMIN on the host network");
    }
    if (message.contains("syntax error")
        || message.contains("invalid option")
        || message.contains("unrecognized option")) {
      return new Obstacle("NftTooOld", message, "install nftables 1.0 or later");
    }
    if (message.contains("Operation not supported")
        || message.contains("Protocol not supported")
        || message.contains("Unable to initialize Netlink socket")
        || message.contains(NOT_FOUND)) {
      return new Obstacle(
          KERNEL_TOO_OLD,
          message,
          "a kernel of 5.10 or later with nf_tables, nft_ct, nft_limit, nft_log, nft_reject_inet and"
              + " nft_fib_inet; as modules: modprobe them");
    }
    return new Obstacle(
        "NftRefused", message, "the rules before are in force; look with: nft list ruleset");
  }

  /** Whether nft ran, and something that was named is not there. */
  static boolean isNotFound(Obstacle refusal) {
    return refusal.refused().reason().equals(KERNEL_TOO_OLD)
        && refusal.getMessage().contains(NOT_FOUND);
  }
}
