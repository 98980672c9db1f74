package dev.tweed.netlink.nft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The requests to a table that is as it should be. Pure.
 *
 * <p>Where only rules differ, those that are the same at the beginning and at the end of a chain
 * stay, with what they have counted. Otherwise the table is replaced.
 */
public final class NfTableDiff {

  /** The kernel's names for sets that have none. */
  private static final String NAMELESS = "__set";

  /**
   * What is there.
   *
   * @param state of the table
   * @param sets those of the names that are wanted
   * @param chains likewise
   * @param rules all of the table
   */
  public record Found(
      NfTableState state, List<NfSet> sets, List<NfChain> chains, List<NfRuleState> rules) {
    /** Copies the lists. */
    public Found {
      sets = List.copyOf(sets);
      chains = List.copyOf(chains);
      rules = List.copyOf(rules);
    }

    /** Reads what there is of a table; empty if it is not there. */
    public static Optional<Found> read(NfTables tables, NfTableContent wanted) {
      return read(
          tables,
          wanted.table(),
          wanted.sets().stream().map(NfSet::name).toList(),
          wanted.chains().stream().map(NfChain::name).toList());
    }

    /** Reads what there is of a table, with sets and chains of these names. */
    public static Optional<Found> read(
        NfTables tables, NfTable table, List<String> sets, List<String> chains) {
      return tables
          .table(table)
          .map(
              state ->
                  new Found(
                      state,
                      sets.stream().flatMap(name -> tables.set(table, name).stream()).toList(),
                      chains.stream().flatMap(name -> tables.chain(table, name).stream()).toList(),
                      tables.rules(table)));
    }
  }

  private NfTableDiff() {}

  /** The requests, to be made in one transaction; none if there is nothing to do. */
  public static List<NfRequest> between(Optional<Found> found, NfTableContent wanted) {
    return found
        .filter(f -> differsInRulesOnly(f, wanted))
        .map(f -> rules(f, wanted))
        .orElseGet(() -> replacement(wanted));
  }

  private static boolean differsInRulesOnly(Found found, NfTableContent wanted) {
    Set<String> names = wanted.sets().stream().map(NfSet::name).collect(Collectors.toSet());
    Set<String> constants =
        found.rules().stream()
            .flatMap(state -> state.rule().expressions().stream())
            .filter(NfExpression.Lookup.class::isInstance)
            .map(step -> ((NfExpression.Lookup) step).set())
            .filter(set -> !set.startsWith(NAMELESS) && !names.contains(set))
            .collect(Collectors.toSet());
    return !found.state().dormant()
        && found.chains().equals(wanted.chains())
        && found.sets().equals(wanted.sets())
        && constants.equals(wanted.constants().keySet())
        && found.state().objects() == wanted.chains().size() + names.size() + constants.size();
  }

  private static List<NfRequest> rules(Found found, NfTableContent wanted) {
    List<NfRequest> requests = new ArrayList<>();
    for (NfChain chain : wanted.chains()) {
      List<NfRuleState> there =
          found.rules().stream()
              .filter(state -> state.rule().chain().equals(chain.name()))
              .toList();
      List<NfRule> rules = wanted.rulesOf(chain);
      int least = Math.min(there.size(), rules.size());
      int begin = 0;
      while (begin < least && isSame(there.get(begin), rules.get(begin))) {
        begin++;
      }
      int end = 0;
      while (end < least - begin
          && isSame(there.get(there.size() - 1 - end), rules.get(rules.size() - 1 - end))) {
        end++;
      }
      for (NfRuleState old : there.subList(begin, there.size() - end)) {
        requests.add(new NfRequest.DeleteRule(wanted.table(), chain.name(), old.handle()));
      }
      for (NfRule rule : rules.subList(begin, rules.size() - end)) {
        requests.add(
            end == 0
                ? new NfRequest.AddRule(rule)
                : new NfRequest.InsertRule(rule, there.get(there.size() - end).handle()));
      }
    }
    return requests;
  }

  private static boolean isSame(NfRuleState there, NfRule wanted) {
    return there.rule().digest().equals(wanted.digest());
  }

  /** Puts the table in the place of what is there, if anything. */
  public static List<NfRequest> replacement(NfTableContent wanted) {
    List<NfRequest> requests = new ArrayList<>(removal(wanted.table()));
    requests.add(new NfRequest.AddTable(wanted.table()));
    wanted.sets().forEach(set -> requests.add(new NfRequest.AddSet(set)));
    wanted
        .constants()
        .forEach(
            (name, content) ->
                requests.add(new NfRequest.AddConstant(wanted.table(), name, content)));
    wanted.chains().forEach(chain -> requests.add(new NfRequest.AddChain(chain)));
    wanted.rules().forEach(rule -> requests.add(new NfRequest.AddRule(rule)));
    return requests;
  }

  /** Removes the table, if it is there. */
  public static List<NfRequest> removal(NfTable table) {
    // Made before it is removed, since to remove what is not there is refused.
    return List.of(new NfRequest.AddTable(table), new NfRequest.DeleteTable(table));
  }
}
