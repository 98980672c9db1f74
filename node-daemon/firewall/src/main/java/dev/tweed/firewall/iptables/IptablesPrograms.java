package dev.tweed.firewall.iptables;

import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The tables by the host's programs of one flavour. Hosts that have both call them {@code
 * iptables-nft} and {@code iptables-legacy}; others have one that is just {@code iptables}, which
 * is taken if it says that it is of the flavour asked for.
 */
final class IptablesPrograms implements IptablesTable {

  private static final String DIRECTORY = "/usr/sbin/";

  /** Of this thread, which may be in another network namespace than the process. */
  private static final Path PROC = Path.of("/proc/thread-self/net");

  private final IptablesCommand command;
  private final IptablesFlavour flavour;
  private final long patience;
  private final Map<AddressFamily, String> found = new EnumMap<>(AddressFamily.class);

  /**
   * @param patience how long to wait for the lock, in whole seconds; nftables has none
   */
  IptablesPrograms(IptablesCommand command, IptablesFlavour flavour, Duration patience) {
    this.command = command;
    this.flavour = flavour;
    this.patience = patience.toSeconds();
  }

  /**
   * A legacy table that is not there is not asked for: iptables-legacy-save would load it, and a
   * host without such rules would look like one that has some ever after.
   */
  @Override
  public String list(AddressFamily family) throws IOException {
    if (flavour == IptablesFlavour.LEGACY && !isLoaded(family)) {
      return "";
    }
    return command.run("", program(family) + "-save", "-t", "filter");
  }

  @Override
  public void restore(AddressFamily family, String input) throws IOException {
    command.run(input, program(family) + "-restore", "--noflush", "-w", String.valueOf(patience));
  }

  private static boolean isLoaded(AddressFamily family) throws IOException {
    String name = family == AddressFamily.IPV4 ? "ip_tables_names" : "ip6_tables_names";
    try {
      return Files.readString(PROC.resolve(name)).lines().anyMatch("filter"::equals);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private String program(AddressFamily family) throws IOException {
    String known = found.get(family);
    if (known != null) {
      return known;
    }
    String plain = DIRECTORY + (family == AddressFamily.IPV4 ? "iptables" : "ip6tables");
    for (String program : List.of(plain + "-" + flavour.text(), plain)) {
      try {
        if (IptablesFlavour.ofVersion(command.run("", program, "--version")) == flavour) {
          found.put(family, program);
          return program;
        }
      } catch (IptablesFailure e) {
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
    throw new IptablesFailure(
        plain + "-" + flavour.text(), new IOException("no such program of that flavour"));
  }
}
