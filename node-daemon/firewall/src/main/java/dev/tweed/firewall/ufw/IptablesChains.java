package dev.tweed.firewall.ufw;

import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The chains by iptables-save and iptables-restore. They have to be the host's own, which ufw uses:
 * iptables has two flavours (nft and legacy) that do not see each other's rules. No shell is
 * involved.
 */
public final class IptablesChains implements UfwChains {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int MAX_BYTES = 64 << 20;
  private static final String DIRECTORY = "/usr/sbin/";

  private final List<String> prefix;

  /**
   * @param prefix words before the command, such as {@code chroot /hostroot}; may be empty
   */
  public IptablesChains(List<String> prefix) {
    this.prefix = List.copyOf(prefix);
  }

  @Override
  public Optional<List<String>> list(AddressFamily family) throws IOException {
    String listing = run("", program(family) + "-save", "-t", "filter");
    List<String> chains = UfwRulesFile.chains(family);
    String first = ":" + chains.getFirst() + " ";
    if (listing.lines().noneMatch(line -> line.startsWith(first))) {
      return Optional.empty();
    }
    return Optional.of(
        listing
            .lines()
            .filter(line -> line.startsWith("-A "))
            .filter(line -> chains.contains(line.split(" ", 3)[1]))
            .toList());
  }

  @Override
  public void restore(AddressFamily family, String input) throws IOException {
    // -w: the legacy flavour has a lock that others may hold; the other ignores it.
    run(input, program(family) + "-restore", "--noflush", "-w", "10");
  }

  private static String program(AddressFamily family) {
    return DIRECTORY + (family == AddressFamily.IPV4 ? "iptables" : "ip6tables");
  }

  private String run(String input, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).start();
    Thread watchdog =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                      process.destroyForcibly();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    StringBuilder complaint = new StringBuilder();
    Thread errors =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    byte[] start = process.getErrorStream().readNBytes(2000);
                    complaint.append(new String(start, StandardCharsets.UTF_8));
                    process.getErrorStream().transferTo(OutputStream.nullOutputStream());
                  } catch (IOException e) {
                    complaint.append(e.getMessage());
                  }
                });
    try {
      try (OutputStream out = process.getOutputStream()) {
        out.write(input.getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        // It ended before it had read all; its status and complaint tell more.
      }
      String output =
          new String(process.getInputStream().readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
      int status = process.waitFor();
      errors.join();
      if (status != 0) {
        throw new IOException(
            "%s ended with status %d: %s"
                .formatted(
                    String.join(" ", command),
                    status,
                    complaint.toString().lines().findFirst().orElse("(no message)")));
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + arguments[0] + " was running", e);
    } finally {
      watchdog.interrupt();
      process.destroyForcibly();
    }
  }
}
