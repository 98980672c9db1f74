package dev.tweed.firewall.nft;

import dev.tweed.firewall.nft.NftTable.Hook;
import dev.tweed.firewall.rules.FilterRow;
import java.util.List;
import java.util.Optional;

/**
 * A table as text.
 *
 * @param name of the table
 * @param text for {@code nft -f}: replaces the table by this one
 * @param chains in order, with the seal
 * @param seal says what the table was made of
 */
record NftText(String name, String text, List<Chain> chains, String seal) {

  NftText {
    chains = List.copyOf(chains);
  }

  /** A chain. */
  record Chain(String name, Optional<Hook> hook, List<Line> lines) {
    Chain {
      lines = List.copyOf(lines);
    }
  }

  /**
   * A rule.
   *
   * @param statement without its comment
   * @param comment says whose it is and, in a few digits, what it does
   * @param rows that it stands for
   */
  record Line(String statement, String comment, List<FilterRow> rows) {
    Line {
      rows = List.copyOf(rows);
    }

    String text() {
      return statement + " comment \"" + comment + "\"";
    }
  }
}
