package dev.tweed.agent.firewall;

import dev.tweed.firewall.iptables.IptablesCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Looks into the filter tables of iptables-legacy, which nft cannot list. Many programs load them
 * without putting anything in, kube-proxy's among them; and looking loads them, too. So only those
 * that are there are looked into.
 */
final class LegacyFilters {

  /** What drops, in a chain that is neither kube-proxy's or the kubelet's nor ours. */
  private static final Pattern DROPS =
      Pattern.compile(
          "(?m)^:(INPUT|FORWARD|OUTPUT) DROP\\b|^-A (?!KUBE-|TWEED-).* -j (DROP|REJECT)\\b");

  private final Path proc;
  private final Optional<IptablesCommand> command;

  /**
   * @param proc this network namespace's {@code /proc/net}
   * @param command runs the host's programs; without it nobody knows what the tables hold
   */
  LegacyFilters(Path proc, Optional<IptablesCommand> command) {
    this.proc = proc;
    this.command = command;
  }

  /** Whether there are such tables. */
  boolean areThere() {
    return isThere("ip_tables_names") || isThere("ip6_tables_names");
  }

  /** Whether they may drop a packet. */
  boolean mayDrop() {
    return mayDrop("ip_tables_names", "iptables") || mayDrop("ip6_tables_names", "ip6tables");
  }

  private boolean mayDrop(String names, String program) {
    if (!isThere(names)) {
      return false;
    }
    try {
      return command.isEmpty()
          || DROPS
              .matcher(
                  command.get().run("", "/usr/sbin/" + program + "-legacy-save", "-t", "filter"))
              .find();
    } catch (IOException e) {
      return true; // unknown
    }
  }

  private boolean isThere(String names) {
    try {
      return Files.readAllLines(proc.resolve(names)).contains("filter");
    } catch (IOException e) {
      return false; // the module is not loaded
    }
  }

  /** Lines as in the kernel's list of tables. */
  List<String> tables() {
    return areThere() ? List.of("filter") : List.of();
  }
}
