package dev.tweed.agent.firewall;

import dev.tweed.firewall.iptables.IptablesCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Looks into the filter tables of iptables-legacy, which nft cannot list. Many programs load them
 * without putting anything in, kube-proxy's among them; and looking loads them, too. So only those
 * that are there are looked into.
 */
final class LegacyFilters {

  /**
   * What drops, in a chain that is neither kube-proxy's or the kubelet's nor ours, and not for a
   * few sources (a set, or no more than a /24 or /48): bans are no firewall.
   */
  private static final Pattern DROPS =
      Pattern.compile(
          "(?m)^:(INPUT|FORWARD|OUTPUT) DROP\\b"
              + "|^-A (?!KUBE-|TWEED-)(?!.*(?<!! )(-s [0-9.]+/(2[4-9]|3[0-2])\\b"
              + "|-s [0-9a-f:]+/(4[89]|[5-9]\\d|1[0-2]\\d)\\b|--match-set \\S+ src\\b)).*"
              + " -j (DROP|REJECT)\\b");

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

  /** Whether they drop packets; empty if they cannot be looked into. */
  Optional<Boolean> drop() {
    Optional<Boolean> four = drops("ip_tables_names", "iptables");
    Optional<Boolean> six = drops("ip6_tables_names", "ip6tables");
    boolean known = four.isPresent() && six.isPresent();
    boolean drops = four.orElse(false) || six.orElse(false);
    return drops || known ? Optional.of(drops) : Optional.empty();
  }

  private Optional<Boolean> drops(String names, String program) {
    if (!isThere(names)) {
      return Optional.of(false);
    }
    try {
      return command.isEmpty()
          ? Optional.empty()
          : Optional.of(
              DROPS
                  .matcher(
                      command
                          .get()
                          .run("", "/usr/sbin/" + program + "-legacy-save", "-t", "filter"))
                  .find());
    } catch (IOException e) {
      return Optional.empty(); // needs NET_RAW, which a pod has not
    }
  }

  private boolean isThere(String names) {
    try {
      return Files.readAllLines(proc.resolve(names)).contains("filter");
    } catch (IOException e) {
      return false; // the module is not loaded
    }
  }
}
