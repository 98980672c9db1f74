package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.HostProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
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
  private static final int RULES_IN_A_CALL = 200;

  private final HostProgram program;

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /host/root}
   */
  FirewallCmd(List<String> prefix) {
    this.program = new HostProgram(prefix, StandardCharsets.UTF_8, TIMEOUT);
  }

  /** What runs, or what the files say. Both halves are asked for at once. */
  Running list(boolean permanent) throws Obstacle {
    String[] kind = permanent ? new String[] {"--permanent"} : new String[0];
    try {
      try (HostProgram.Running policies = start(with(kind, "--list-all-policies"));
          HostProgram.Running zones = start(with(kind, "--list-all-zones"))) {
        return new Running(
            Listing.parse(ended(policies, "--list-all-policies").output()),
            Listing.parse(ended(zones, "--list-all-zones").output()));
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

  /**
   * Loads the files. Known connections go on; new ones are refused meanwhile: a tenth of a second,
   * or more on a busy machine.
   */
  void reload() throws Obstacle {
    run("--reload");
  }

  /** Tells whether nothing was complained about; one rule of many may fail with status 0. */
  private boolean run(String... arguments) throws Obstacle {
    try (HostProgram.Running running = start(arguments)) {
      return ended(running, arguments[0]).complaint().isBlank();
    } catch (IOException e) {
      throw notFound(e);
    }
  }

  private HostProgram.Running start(String... arguments) throws IOException {
    return program.start(
        Stream.concat(Stream.of(PROGRAM), Stream.of(arguments)).toArray(String[]::new));
  }

  private static Obstacle notFound(IOException e) {
    return new Obstacle(
        "NotFound",
        "firewall-cmd cannot be run: " + e.getMessage(),
        "install firewalld, or let the daemon see the host's files (chart value"
            + " firewall.hostTools)");
  }

  private static HostProgram.Ended ended(HostProgram.Running running, String what) throws Obstacle {
    HostProgram.Ended ended;
    try {
      ended = running.end("");
    } catch (IOException e) {
      throw failed(String.valueOf(e.getMessage()));
    }
    if (ended.status() != 0) {
      throw failure(what, ended.status(), ended.complaint() + ended.output());
    }
    return ended;
  }

  private static Obstacle failed(String message) {
    return new Obstacle(
        "CommandFailed",
        message,
        "the rules before are in force; look with: firewall-cmd --state, journalctl -u firewalld");
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
      default -> failed("firewall-cmd %s ended with status %d: %s".formatted(what, status, words));
    };
  }
}
