package dev.tweed.firewall.iptables;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the host's iptables programs, within a time limit. No shell is involved: arguments go to the
 * program as they are.
 *
 * <p>Text is one character per byte (ISO 8859-1), so that it survives whatever it is.
 */
public final class IptablesCommand {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int MAX_BYTES = 64 << 20;

  private final List<String> prefix;

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /hostroot}; may be
   *     empty
   */
  public IptablesCommand(List<String> prefix) {
    this.prefix = List.copyOf(prefix);
  }

  /**
   * Runs a program and returns its standard output.
   *
   * @param input for its standard input
   * @throws IptablesFailure if it could not be started or did not end well
   */
  public String run(String input, String... words) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(words));
    Process process;
    try {
      process = new ProcessBuilder(command).start();
    } catch (IOException e) {
      throw new IptablesFailure(String.join(" ", command), e);
    }
    // Plain threads: a virtual one alone would bring a ForkJoinPool into the daemon.
    Thread watchdog = start("iptables-time-limit", () -> endInTime(process));
    StringBuilder complaint = new StringBuilder();
    Thread errors = start("iptables-errors", () -> readErrors(process, complaint));
    try {
      try (OutputStream out = process.getOutputStream()) {
        out.write(input.getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        // It ended before it had read all; its status and complaint tell more.
      }
      byte[] output = process.getInputStream().readNBytes(MAX_BYTES);
      int status = process.waitFor();
      errors.join();
      if (status != 0) {
        throw new IptablesFailure(String.join(" ", command), status, complaint.toString(), input);
      }
      return new String(output, StandardCharsets.ISO_8859_1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + words[0] + " was running", e);
    } finally {
      watchdog.interrupt();
      process.destroyForcibly();
    }
  }

  private static Thread start(String name, Runnable task) {
    return Thread.ofPlatform().name(name).daemon().start(task);
  }

  /** Ends a read that waits, too: the pipe closes with the process. */
  private static void endInTime(Process process) {
    try {
      if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void readErrors(Process process, StringBuilder complaint) {
    try {
      byte[] start = process.getErrorStream().readNBytes(2000);
      complaint.append(new String(start, StandardCharsets.UTF_8));
      process.getErrorStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      complaint.append(e.getMessage());
    }
  }
}
