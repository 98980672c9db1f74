package dev.tweed.firewall.ufw;

import dev.tweed.firewall.iptables.IptablesCommand;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
    if (!isRunning(listing, UfwRuleRenderer.prefix(family))) {
      return Optional.empty();
    }
    return Optional.of(
        listing
            .lines()
            .filter(line -> line.startsWith("-A "))
            .filter(line -> chains.contains(line.split(" ", 3)[1]))
            .toList());
  }

  /**
   * Whether packets come to the chains, and ufw-init is not about to take them away: it asks for no
   * lock, empties the chains one by one in a fixed order, and then removes them. One that was
   * filled again meanwhile stays, and the next start takes ufw for running and does nothing: the
   * host would be open. Those named here are emptied before the user's.
   */
  private static boolean isRunning(String listing, String prefix) {
    String hook = "-A %1$s-before-input -j %1$s-user-input".formatted(prefix);
    return listing.lines().anyMatch(hook::equals)
        && Stream.of("not-local", "skip-to-policy-input", "after-input")
            .map(chain -> "-A " + prefix + "-" + chain + " ")
            .anyMatch(start -> listing.lines().anyMatch(line -> line.startsWith(start)));
  }

  @Override
  public void remove(AddressFamily family) {
    StringBuilder flush = new StringBuilder();
    StringBuilder delete = new StringBuilder();
    for (String chain : UfwRulesFile.chains(family)) {
      flush.append("-F ").append(chain).append('\n');
      delete.append("-X ").append(chain).append('\n');
    }
    for (String commands : List.of(flush.toString() + delete, flush.toString())) {
      try {
        restore(family, "*filter\n" + commands + "COMMIT\n");
        return;
      } catch (IOException e) {
        // They are led to, or gone.
      }
    }
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
