package dev.tweed.firewall.nft;

import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import java.util.List;
import java.util.Optional;

/**
 * A table of family inet as it should be.
 *
 * @param name of the table
 * @param sets with names of their own; those of long lists in rules are made by the renderer
 * @param chains in order
 */
record NftTable(String name, List<Set> sets, List<Chain> chains) {

  NftTable {
    sets = List.copyOf(sets);
    chains = List.copyOf(chains);
  }

  /** A set. */
  sealed interface Set {
    /** Name. */
    String name();

    /**
     * Addresses, filled by the kernel as packets come; an element is forgotten after half a minute.
     */
    record Seen(String name, AddressFamily family) implements Set {}
  }

  /**
   * A chain.
   *
   * @param name of the chain
   * @param hook where packets enter it; without one, others jump to it
   * @param rules in order
   */
  record Chain(String name, Optional<Hook> hook, List<Rule> rules) {
    Chain {
      rules = List.copyOf(rules);
    }
  }

  /**
   * Place of a chain of type filter, which accepts what it has no rule for.
   *
   * @param point such as input
   * @param priority smaller is earlier
   */
  record Hook(String point, int priority) {}

  /** A rule. */
  sealed interface Rule {

    /**
     * Always the same.
     *
     * @param statement in the language of nft
     * @param comment plain words
     */
    record Fixed(String statement, String comment) implements Rule {}

    /**
     * The same for some packets only.
     *
     * @param match which
     * @param statement in the language of nft
     * @param comment plain words
     */
    record Narrowed(NftMatch match, String statement, String comment) implements Rule {}

    /**
     * Of a person.
     *
     * @param row one of those it stands for, which all do the same
     * @param match with which packets
     * @param view which addresses are meant
     */
    record OfPerson(FilterRow row, NftMatch match, View view) implements Rule {}
  }

  /** Which destination of a packet is meant. */
  enum View {
    /** The one it has. */
    AS_IT_IS,
    /** The one it had before it was translated. */
    BEFORE_TRANSLATION
  }
}
