package dev.tweed.agent.command;

import dev.tweed.firewall.backend.BackendOutcome.Displaced;
import dev.tweed.firewall.nft.GuardRules;
import dev.tweed.firewall.nft.GuardWriter;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Origin;
import dev.tweed.firewall.rules.RowText;
import dev.tweed.ip.AddressFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Rules in lines and columns. Pure. */
final class FirewallTable {

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

  /** Whose a row is. */
  static String origin(FilterRow row) {
    return row.origin() + "/" + row.rule();
  }

  /** The person's rule that stands in for a row; empty if none does. */
  static String inPlace(FilterRow row, List<Displaced> displaced) {
    return displaced.stream()
        .filter(one -> one.row().equals(row))
        .findFirst()
        .map(one -> "somebody's own rule is in its place: " + one.theirs())
        .orElse("");
  }

  /** What goes beside the firewall, in a line; empty if nothing does. */
  static Optional<String> guard(GuardRules rules) {
    List<String> parts = new ArrayList<>();
    part(parts, "NodePorts by %s of these", rules.nodePortRows().size());
    part(parts, "connections that stand by %s of these", count(rules.rows(), rules.cutting()));
    part(parts, "%s only tried", count(rules.audit(), rules.tried()));
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Beside it, in the nftables table %s: %s"
                .formatted(GuardWriter.TABLE, String.join(", ", parts)));
  }

  private static void part(List<String> parts, String text, int count) {
    if (count > 0) {
      parts.add(text.formatted(rules(count)));
    }
  }

  private static int count(List<FilterRow> rows, Set<Origin> origins) {
    return (int) rows.stream().filter(row -> origins.contains(row.origin())).count();
  }

  static String rules(int count) {
    return count == 1 ? "1 rule" : count + " rules";
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
