package dev.tweed.firewall.iptables;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.netlink.AddressFamily;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

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
    Path program = Path.of("/usr/sbin/iptables-" + flavour.text());
    if (!Files.isExecutable(program)) {
      skip("needs " + program + ": apt-get install iptables");
    }
    Netns netns;
    try {
      netns = Netns.open();
    } catch (Netns.UnavailableException e) {
      skip(e.getMessage());
      throw e;
    }
    try {
      netns.sh(program + " -S; /usr/sbin/ip6tables-" + flavour.text() + " -S");
    } catch (AssertionError e) {
      netns.close();
      skip("the kernel has no table for this flavour: " + e.getMessage());
    }
    return new IptablesNode(flavour, netns);
  }

  /** The real programs. */
  IptablesTable table() {
    return new IptablesPrograms(new IptablesCommand(List.of()), flavour, Duration.ofSeconds(5));
  }

  static IptablesBackend backend(IptablesTable table) {
    return new IptablesBackend(table, EnumSet.allOf(AddressFamily.class));
  }

  BackendOutcome apply(List<FilterRow> rows) {
    return apply(backend, rows);
  }

  BackendOutcome apply(IptablesBackend backend, List<FilterRow> rows) {
    try {
      return netns.call(() -> backend.apply(rows));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  BackendListing look(List<FilterRow> rows) {
    try {
      return netns.call(() -> backend.look(rows));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
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

  private static void skip(String reason) {
    if ("true".equals(System.getenv("TWEED_TEST_MAY_NOT_SKIP"))) {
      throw new AssertionError(reason);
    }
    Assumptions.abort(reason);
  }

  @Override
  public void close() {
    netns.close();
  }
}
