package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.firewall.rules.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rows as rules of nft. Pure. All rows of one rule of a person do the same, so their order among
 * themselves does not matter, and one or two rules with lists stand for them.
 */
final class NftRuleCompiler {

  private NftRuleCompiler() {}

  /**
   * Rules in the order they have to be tried in.
   *
   * @param rows those of one rule follow each other
   */
  static List<NftRule> compile(List<FilterRow> rows) {
    List<NftRule> rules = new ArrayList<>();
    int end;
    for (int begin = 0; begin < rows.size(); begin = end) {
      FilterRow first = rows.get(begin);
      end = begin + 1;
      while (end < rows.size() && isSameRule(first, rows.get(end))) {
        end++;
      }
      NftMatch.unite(rows.subList(begin, end).stream().flatMap(NftRuleCompiler::matches).toList())
          .forEach(match -> rules.add(new NftRule(first, match)));
    }
    return rules;
  }

  private static boolean isSameRule(FilterRow one, FilterRow other) {
    return one.origin().equals(other.origin())
        && one.rule().equals(other.rule())
        && one.action() == other.action()
        && one.logging() == other.logging();
  }

  /** Ports of any protocol are those of TCP and those of UDP, which are refused in other ways. */
  private static Stream<NftMatch> matches(FilterRow row) {
    if (row.protocol() == Protocol.ANY && !row.hasPorts()) {
      return Stream.of(NftMatch.of(row, List.of()));
    }
    return row.action() == Action.REJECT
        ? row.protocols().stream().map(one -> NftMatch.of(row, List.of(one)))
        : Stream.of(NftMatch.of(row, row.protocols()));
  }
}
