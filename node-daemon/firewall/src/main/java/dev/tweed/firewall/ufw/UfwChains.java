package dev.tweed.firewall.ufw;

import dev.tweed.firewall.iptables.IptablesTable;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The chains of ufw's user rules in the kernel. */
class UfwChains {

  private final IptablesTable table;

  /**
   * @param table by the programs ufw uses: iptables has two flavours (nft and legacy) that do not
   *     see each other's rules
   */
  UfwChains(IptablesTable table) {
    this.table = table;
  }

  /**
   * Rules of the chains, in order; empty if ufw is not running, or is being stopped or started.
   *
   * @throws IOException if they could not be listed
   */
  Optional<List<String>> list(AddressFamily family) throws IOException {
    String listing = table.list(family);
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

  /**
   * Feeds input to iptables-restore, without flushing what it does not name.
   *
   * @throws IOException if it was refused; nothing has changed then
   */
  void restore(AddressFamily family, String input) throws IOException {
    table.restore(family, input);
  }

  /**
   * Removes the chains, or empties them where something leads to them still; nothing if they are
   * not there.
   */
  void remove(AddressFamily family) {
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
}
