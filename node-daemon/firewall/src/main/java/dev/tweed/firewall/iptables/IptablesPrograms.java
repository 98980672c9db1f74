package dev.tweed.firewall.iptables;

import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
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

  @Override
  public String list(AddressFamily family) throws IOException {
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
