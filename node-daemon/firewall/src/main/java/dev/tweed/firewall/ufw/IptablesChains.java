package dev.tweed.firewall.ufw;

import dev.tweed.firewall.iptables.IptablesCommand;
import dev.tweed.netlink.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The chains by iptables-save and iptables-restore. They have to be the host's own, which ufw uses:
 * iptables has two flavours (nft and legacy) that do not see each other's rules.
 */
public final class IptablesChains implements UfwChains {

  private static final String DIRECTORY = "/usr/sbin/";

  private final IptablesCommand command;

  /**
   * @param prefix words before the command, such as {@code chroot /hostroot}; may be empty
   */
  public IptablesChains(List<String> prefix) {
    this.command = new IptablesCommand(prefix);
  }

  @Override
  public Optional<List<String>> list(AddressFamily family) throws IOException {
    String listing = command.run("", program(family) + "-save", "-t", "filter");
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
    command.run(input, program(family) + "-restore", "--noflush", "-w", "10");
  }

  private static String program(AddressFamily family) {
    return DIRECTORY + (family == AddressFamily.IPV4 ? "iptables" : "ip6tables");
  }
}
