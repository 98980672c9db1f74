package dev.tweed.firewall.firewalld;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The program {@code firewall-cmd}: it asks a firewalld that runs, by D-Bus. Each call starts
 * Python and takes 0.2 s, so that one call carries as much as it can. No shell is involved.
 */
final class FirewallCmd {

  static final String PROGRAM = "/usr/bin/firewall-cmd";

  /** Of firewall-cmd(1), "EXIT CODES"; the last is env's and chroot's for no such program. */
  private static final int WRONG_USAGE = 2;

  private static final int DBUS_ERROR = 36;
  private static final int NOT_RUNNING = 252;
  private static final int NO_PROGRAM = 127;

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int MAX_BYTES = 64 << 20;
  private static final int RULES_IN_A_CALL = 200;

  /** What a call that ended well has written. */
  private record Output(String text, String complaint) {}

  private final List<String> prefix;

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /host/root}
   */
  FirewallCmd(List<String> prefix) {
    this.prefix = List.copyOf(prefix);
  }

  /** What runs, or what the files say. Both halves are asked for at once. */
  Running list(boolean permanent) throws Obstacle {
    String[] kind = permanent ? new String[] {"--permanent"} : new String[0];
    try {
      Process policies = start(with(kind, "--list-all-policies"));
      Process zones = start(with(kind, "--list-all-zones"));
      try {
        return new Running(
            Listing.parse(output(policies, "--list-all-policies").text()),
            Listing.parse(output(zones, "--list-all-zones").text()));
      } finally {
        zones.destroyForcibly();
      }
    } catch (IOException e) {
      throw notFound(e);
    }
  }

  private static String[] with(String[] words, String last) {
    return Stream.concat(Stream.of(words), Stream.of(last)).toArray(String[]::new);
  }

  /** Adds rules to what a policy runs, and tells whether all were taken without a complaint. */
  boolean add(String policy, List<String> rules) throws Obstacle {
    return change(policy, "--add-rich-rule=", rules);
  }

  /** Removes some; as {@link #add}. */
  boolean remove(String policy, List<String> rules) throws Obstacle {
    return change(policy, "--remove-rich-rule=", rules);
  }

  private boolean change(String policy, String option, List<String> rules) throws Obstacle {
    boolean taken = true;
    for (int i = 0; i < rules.size(); i += RULES_IN_A_CALL) {
      taken &=
          run(
              Stream.concat(
                      Stream.of("--policy=" + policy),
                      rules.subList(i, Math.min(rules.size(), i + RULES_IN_A_CALL)).stream()
                          .map(rule -> option + rule))
                  .toArray(String[]::new));
    }
    return taken;
  }

  /** Puts a device into a zone that runs, and has lost it. */
  void bind(DeviceZone zone) throws Obstacle {
    run("--zone=" + zone.name(), "--add-interface=" + zone.device());
  }

  /** Takes a device out of a zone that runs: it is in the default zone then. */
  void release(DeviceZone zone) throws Obstacle {
    run("--zone=" + zone.name(), "--remove-interface=" + zone.device());
  }

  /** Whether the files could be loaded. */
  void checkFiles() throws Obstacle {
    run("--check-config");
  }

  /** Loads the files. Known connections go on; new ones are refused for a tenth of a second. */
  void reload() throws Obstacle {
    run("--reload");
  }

  /** Tells whether nothing was complained about; one rule of many may fail with status 0. */
  private boolean run(String... arguments) throws Obstacle {
    try {
      return output(start(arguments), arguments[0]).complaint().isBlank();
    } catch (IOException e) {
      throw notFound(e);
    }
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(PROGRAM);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder.start();
  }

  private static Obstacle notFound(IOException e) {
    return new Obstacle(
        "NotFound",
        "firewall-cmd cannot be run: " + e.getMessage(),
        "install firewalld, or let the daemon see the host's files (chart value"
            + " firewall.hostTools)");
  }

  private static Output output(Process process, String what) throws IOException, Obstacle {
    Thread watchdog =
        Thread.ofPlatform()
            .name("firewall-cmd-time-limit")
            .daemon()
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
    try {
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
      // A line for each rule of a call at most: it fits into the pipe.
      String complaint =
          new String(process.getErrorStream().readNBytes(2000), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw failure(what, status, complaint + output);
      }
      return new Output(output, complaint);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while firewall-cmd was running", e);
    } finally {
      watchdog.interrupt();
      process.destroyForcibly();
    }
  }

  private static Obstacle failure(String what, int status, String complaint) {
    String words =
        complaint.lines().filter(line -> !line.isBlank()).findFirst().orElse("(no message)");
    return switch (status) {
      case NOT_RUNNING ->
          new Obstacle(
              "NotRunning",
              "firewalld is not running",
              "type: systemctl start firewalld; or systemctl disable firewalld");
      case DBUS_ERROR ->
          new Obstacle(
              "DBusUnreachable",
              "firewalld cannot be asked: " + words,
              "look whether the host's D-Bus runs: systemctl status dbus; the daemon needs /run of"
                  + " the host (chart value firewall.hostTools)");
      case WRONG_USAGE ->
          new Obstacle(
              "TooOld",
              "this firewalld has no policies: firewall-cmd does not know " + what,
              "install firewalld 0.9 or newer");
      case NO_PROGRAM ->
          new Obstacle("NotFound", "there is no " + PROGRAM + ": " + words, "install firewalld");
      default ->
          new Obstacle(
              "CommandFailed",
              "firewall-cmd %s ended with status %d: %s".formatted(what, status, words),
              "the rules before are in force; look with: firewall-cmd --state, journalctl -u"
                  + " firewalld");
    };
  }
}
