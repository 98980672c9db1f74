package dev.tweed.firewall.iptables;

import dev.tweed.firewall.LegacyTables;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables by the host's programs of one flavour. Hosts that have both call them {@code
 * iptables-nft} and {@code iptables-legacy}; others have one that is just {@code iptables}, which
 * is taken if it says that it is of the flavour asked for.
 */
public final class IptablesPrograms implements IptablesTable {

  private static final List<String> DIRECTORIES = List.of("/usr/sbin/", "/sbin/");

  private static final Duration UFW_PATIENCE = Duration.ofSeconds(10);

  /** Of this thread, which may be in another network namespace than the process. */
  private static final LegacyTables LEGACY =
      new LegacyTables(Path.of("/proc/thread-self/net"));

  private final IptablesCommand command;
  private final Optional<IptablesFlavour> flavour;
  private final long patience;
  private final Map<AddressFamily, String> found = new EnumMap<>(AddressFamily.class);

  /**
   * @param patience how long to wait for the lock, in whole seconds; nftables has none
   */
  IptablesPrograms(IptablesCommand command, IptablesFlavour flavour, Duration patience) {
    this(command, Optional.of(flavour), patience);
  }

  private IptablesPrograms(
      IptablesCommand command, Optional<IptablesFlavour> flavour, Duration patience) {
    this.command = command;
    this.flavour = flavour;
    this.patience = patience.toSeconds();
  }

  /**
   * Those that are called {@code iptables}, of whatever flavour: ufw uses them.
   *
   * @param prefix words before the command, such as {@code /usr/sbin/chroot /hostroot}; may be
   *     empty
   */
  public static IptablesPrograms ofUfw(List<String> prefix) {
    return new IptablesPrograms(new IptablesCommand(prefix), Optional.empty(), UFW_PATIENCE);
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
    return command.run("", program(family) + "-save", "-t", "filter");
  }

  @Override
  public void restore(AddressFamily family, String input) throws IOException {
    command.run(input, program(family) + "-restore", "--noflush", "-w", String.valueOf(patience));
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
      IptablesFlavour its = IptablesFlavour.ofVersion(command.run("", program, "--version"));
      return flavour.isEmpty() || flavour.get() == its;
    } catch (IptablesFailure e) {
      if (!e.isNotFound()) {
        throw e;
      }
      return false;
    }
  }
}
