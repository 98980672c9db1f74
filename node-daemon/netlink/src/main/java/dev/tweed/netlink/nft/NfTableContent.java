package dev.tweed.netlink.nft;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * All of a table that requests alone change.
 *
 * @param table which
 * @param sets those that rules add to
 * @param constants sets by name; the name of each is of no other content
 * @param chains those that rules lead to before them
 * @param rules those of each chain in order, {@link NfRule#sealed}
 */
public record NfTableContent(
    NfTable table,
    List<NfSet> sets,
    Map<String, NfExpression.AnyOf> constants,
    List<NfChain> chains,
    List<NfRule> rules) {
  /** Copies the collections. */
  public NfTableContent {
    Objects.requireNonNull(table, "table");
    sets = List.copyOf(sets);
    constants = Collections.unmodifiableMap(new TreeMap<>(constants));
    chains = List.copyOf(chains);
    rules = List.copyOf(rules);
  }

  /** The rules of a chain. */
  List<NfRule> rulesOf(NfChain chain) {
    return rules.stream().filter(rule -> rule.chain().equals(chain.name())).toList();
  }
}
