package dev.tweed.firewall.iptables;

import dev.tweed.firewall.LegacyTables;
import dev.tweed.host.HostProgram;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables by the host's programs of one flavour. Hosts that have both call them {@code
 * iptables-nft} and {@code iptables-legacy}; others have one that is just {@code iptables}, which
 * is taken if it says that it is of the flavour asked for. No shell is involved: arguments go to
 * the program as they are.
 */
public final class IptablesPrograms implements IptablesTable {

  private static final List<String> DIRECTORIES = List.of("/usr/sbin/", "/sbin/");

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration UFW_PATIENCE = Duration.ofSeconds(10);

  /** Of this thread, which may be in another network namespace than the process. */
  private static final LegacyTables LEGACY = new LegacyTables(Path.of("/proc/thread-self/net"));

  private final HostProgram programs;
  private final Optional<IptablesFlavour> flavour;
  private final long patience;
  private final Map<AddressFamily, String> found = new EnumMap<>(AddressFamily.class);

  /**
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /hostroot}; may be
   *     empty
   * @param patience how long to wait for the lock, in whole seconds; nftables has none
   */
  public IptablesPrograms(List<String> prefix, IptablesFlavour flavour, Duration patience) {
    this(prefix, Optional.of(flavour), patience);
  }

  private IptablesPrograms(
      List<String> prefix, Optional<IptablesFlavour> flavour, Duration patience) {
    this.programs = new HostProgram(prefix, StandardCharsets.ISO_8859_1, LIMIT);
    this.flavour = flavour;
    this.patience = patience.toSeconds();
  }

  /** Those that are called {@code iptables}, of whatever flavour: ufw uses them. */
  public static IptablesPrograms ofUfw(List<String> prefix) {
    return new IptablesPrograms(prefix, Optional.empty(), UFW_PATIENCE);
  }

  /**
   * A legacy table that is not there is not asked for: iptables-legacy-save would load it, and a
   * host without such rules would look like one that has some ever after.
   */
  @Override
  public String list(AddressFamily family) throws IOException {
    if (flavour.equals(Optional.of(IptablesFlavour.LEGACY)) && !LEGACY.has(family, "filter")) {
      return "";
    }
    return run("", program(family) + "-save", "-t", "filter");
  }

  @Override
  public void restore(AddressFamily family, String input) throws IOException {
    run(input, program(family) + "-restore", "--noflush", "-w", String.valueOf(patience));
  }

  private String program(AddressFamily family) throws IOException {
    String known = found.get(family);
    if (known != null) {
      return known;
    }
    String name = family == AddressFamily.IPV4 ? "iptables" : "ip6tables";
    for (String end : flavour.map(f -> List.of("-" + f.text(), "")).orElse(List.of(""))) {
      for (String directory : DIRECTORIES) {
        String program = directory + name + end;
        if (isRight(program)) {
          found.put(family, program);
          return program;
        }
      }
    }
    throw new IptablesFailure(
        DIRECTORIES.getFirst() + name + flavour.map(f -> "-" + f.text()).orElse(""),
        new IOException("no such program" + flavour.map(f -> " of that flavour").orElse("")));
  }

  private boolean isRight(String program) throws IOException {
    try {
      IptablesFlavour its = IptablesFlavour.ofVersion(run("", program, "--version"));
      return flavour.isEmpty() || flavour.get() == its;
    } catch (IptablesFailure e) {
      if (!e.isNotFound()) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Runs a program and returns its standard output.
   *
   * @throws IptablesFailure if it could not be started or did not end well
   */
  private String run(String input, String... words) throws IOException {
    HostProgram.Running running;
    try {
      running = programs.start(words);
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
