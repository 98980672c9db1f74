package dev.tweed.firewall.iptables;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/** A network namespace with iptables of one flavour. */
final class IptablesNode implements AutoCloseable {

  private final IptablesFlavour flavour;
  private final Netns netns;
  private final IptablesBackend backend;

  private IptablesNode(IptablesFlavour flavour, Netns netns) {
    this.flavour = flavour;
    this.netns = netns;
    this.backend = backend(table());
  }

  /** Skips the test if the host has no such program, or the kernel no such table. */
  static IptablesNode open(IptablesFlavour flavour) {
    String program = "/usr/sbin/iptables-" + flavour.text();
    Needs.program(program, "iptables");
    Netns netns = Netns.open();
    try {
      netns.sh(program + " -S; /usr/sbin/ip6tables-" + flavour.text() + " -S");
    } catch (AssertionError e) {
      netns.close();
      throw Needs.unmet("a table of the kernel for this flavour: " + e.getMessage());
    }
    return new IptablesNode(flavour, netns);
  }

  /** The real programs. */
  IptablesTable table() {
    return new IptablesPrograms(List.of(), flavour, Duration.ofSeconds(5));
  }

  static IptablesBackend backend(IptablesTable table) {
    return new IptablesBackend(table, EnumSet.allOf(AddressFamily.class));
  }

  BackendOutcome apply(List<FilterRow> rows) {
    return apply(backend, rows);
  }

  BackendOutcome apply(IptablesBackend backend, List<FilterRow> rows) {
    return netns.call(() -> backend.apply(rows));
  }

  BackendOutcome check(List<FilterRow> rows) {
    return netns.call(() -> backend.check(rows));
  }

  /** Runs commands; those that begin with iptables or ip6tables are of the node's flavour. */
  String sh(String script) {
    return netns.sh(
        script.replaceAll("(?m)(^|; |\\| )(ip6?tables)\\b", "$1/usr/sbin/$2-" + flavour.text()));
  }

  /** Both filter tables without counters. */
  String kernel() {
    return netns
        .sh(
            "/usr/sbin/iptables-%1$s-save -t filter; /usr/sbin/ip6tables-%1$s-save -t filter"
                .formatted(flavour.text()))
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.startsWith(":") ? line.replaceAll("\\[.*", "") : line)
        .reduce("", (a, b) -> a + b + "\n");
  }

  Netns netns() {
    return netns;
  }

  IptablesFlavour flavour() {
    return flavour;
  }

  @Override
  public void close() {
    netns.close();
  }
}
