package dev.tweed.agent.command;

import dev.tweed.firewall.backend.BackendListing;
import dev.tweed.firewall.backend.BackendListing.State;
import dev.tweed.firewall.nft.GuardListing;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.RowText;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Rules in lines and columns. Pure. */
final class FirewallTable {

  /** What stands over the rows of the guard's table. */
  static final String GUARD_TITLE =
      "Beside it, in the nftables table %s (NodePorts, and who may send to the tunnel):\n"
          .formatted(GuardListing.TABLE);

  private static final String GAP = "  ";

  private FirewallTable() {}

  /** A row in words; where no address tells the family, IPv6 is named, as ufw does it. */
  static String rule(FilterRow row) {
    return RowText.of(row)
        + (row.family() == AddressFamily.IPV6
                && row.source().length() == 0
                && row.destination().length() == 0
            ? " (v6)"
            : "");
  }

  /**
   * A rule beside what was found.
   *
   * @param rule in words; empty if something of ours is there that is not intended
   * @param of whose it is; empty likewise
   * @param found as the firewall spells it; empty if nothing was
   */
  record Line(State state, String rule, String of, String found) {}

  static List<Line> lines(BackendListing.Compared compared) {
    return compared.entries().stream().map(FirewallTable::line).toList();
  }

  static List<Line> lines(GuardListing.Compared compared) {
    return Stream.concat(
            compared.nodePorts().stream().map(FirewallTable::line),
            compared.tunnel().stream()
                .map(tunnel -> new Line(tunnel.state(), tunnel.rule(), "network", tunnel.text())))
        .toList();
  }

  private static Line line(BackendListing.Entry entry) {
    return new Line(
        entry.state(),
        entry.row().map(FirewallTable::rule).orElse(""),
        entry.row().map(FirewallTable::origin).orElse(""),
        entry.text());
  }

  /** Whose a row is. */
  static String origin(FilterRow row) {
    return row.origin() + "/" + row.rule();
  }

  /**
   * As wide as needed; the last column is not padded, and takes several lines where it has them.
   */
  static String render(List<List<String>> lines) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        if (i == widths.size()) {
          widths.add(0);
        }
        widths.set(i, Math.max(widths.get(i), line.get(i).length()));
      }
    }
    int indent =
        widths.stream().limit(widths.size() - 1L).mapToInt(width -> width + GAP.length()).sum();
    StringBuilder out = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < line.size() - 1; i++) {
        text.append(line.get(i)).repeat(' ', widths.get(i) - line.get(i).length()).append(GAP);
      }
      text.append(line.getLast().replace("\n", "\n" + " ".repeat(indent)));
      out.append(text.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }
}
