package dev.tweed.agent.firewall;

import dev.tweed.firewall.LegacyRules;
import dev.tweed.firewall.LegacyTables;
import dev.tweed.firewall.iptables.IptablesTable;
import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

  /** It removes them when it is switched off. */
  private static final Pattern UFW = Pattern.compile("(?m)^:ufw6?-user-input ");

  private final LegacyTables tables;
  private final Optional<IptablesTable> filter;

  /**
   * @param proc this network namespace's {@code /proc/net}
   * @param filter of that flavour; without it nobody knows what the tables hold
   */
  LegacyFilters(Path proc, Optional<IptablesTable> filter) {
    this.tables = new LegacyTables(proc);
    this.filter = filter;
  }

  /** Whether there are such tables. */
  boolean areThere() {
    return tables.has("filter");
  }

  /** What is in them; empty if they cannot be looked into. */
  Optional<LegacyRules> rules() {
    Optional<LegacyRules> four = rules(AddressFamily.IPV4);
    Optional<LegacyRules> six = rules(AddressFamily.IPV6);
    return Stream.of(LegacyRules.OF_UFW, LegacyRules.DROPPING)
        .map(Optional::of)
        .filter(found -> found.equals(four) || found.equals(six))
        .findFirst()
        .orElseGet(() -> four.flatMap(harmless -> six));
  }

  private Optional<LegacyRules> rules(AddressFamily family) {
    if (!tables.has(family, "filter")) {
      return Optional.of(LegacyRules.HARMLESS);
    }
    if (filter.isEmpty()) {
      return Optional.empty();
    }
    try {
      String text = filter.get().list(family);
      return Optional.of(
          UFW.matcher(text).find()
              ? LegacyRules.OF_UFW
              : DROPS.matcher(text).find() ? LegacyRules.DROPPING : LegacyRules.HARMLESS);
    } catch (IOException e) {
      return Optional.empty(); // needs NET_RAW, which a pod has not
    }
  }
}
