package dev.tweed.firewall.iptables;

import dev.tweed.host.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Runs the host's iptables programs, within a time limit. No shell is involved: arguments go to the
 * program as they are.
 *
 * <p>Text is one character per byte (ISO 8859-1), so that it survives whatever it is.
 */
public final class IptablesCommand {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final HostProgram program;

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /hostroot}; may be
   *     empty
   */
  public IptablesCommand(List<String> prefix) {
    this.program = new HostProgram(prefix, StandardCharsets.ISO_8859_1, TIMEOUT);
  }

  /**
   * Runs a program and returns its standard output.
   *
   * @param input for its standard input
   * @throws IptablesFailure if it could not be started or did not end well
   */
  public String run(String input, String... words) throws IOException {
    HostProgram.Running running;
    try {
      running = program.start(words);
    } catch (IOException e) {
      throw new IptablesFailure(words[0], e);
    }
    try (running) {
      HostProgram.Ended ended = running.end(input);
      if (ended.status() != 0) {
        throw new IptablesFailure(running.command(), ended.status(), ended.complaint(), input);
      }
      return ended.output();
    }
  }
}
