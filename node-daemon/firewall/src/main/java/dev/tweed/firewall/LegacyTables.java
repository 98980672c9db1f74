package dev.tweed.firewall;

import dev.tweed.ip.AddressFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The tables of iptables-legacy that are loaded; to ask loads none, as its programs would.
 *
 * @param proc a network namespace's {@code /proc/net}
 */
public record LegacyTables(Path proc) {

  /** Whether a table is loaded, for either family. */
  public boolean has(String table) {
    return Arrays.stream(AddressFamily.values()).anyMatch(family -> has(family, table));
  }

  /** Whether a table of a family is loaded. */
  public boolean has(AddressFamily family, String table) {
    String names = family == AddressFamily.IPV4 ? "ip_tables_names" : "ip6_tables_names";
    try {
      return Files.readAllLines(proc.resolve(names)).contains(table);
    } catch (IOException e) {
      return false; // the module is not loaded
    }
  }
}
