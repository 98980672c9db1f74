package dev.tweed.enforce.kernel;

import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfInterval;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a table of ours as the kernel has it, and what it has counted. */
public final class PolicyTableReader {

  /** Stands for the content of a constant set, which its name tells. */
  private static final NfExpression.AnyOf CONTENT =
      new NfExpression.AnyOf(NfSet.Key.PROTOCOL, List.of(NfInterval.of(NfValue.ofNumber(0, 1))));

  private final NfTables tables;

  /** Reads from these. */
  public PolicyTableReader(NfTables tables) {
    this.tables = tables;
  }

  /**
   * A table as it is.
   *
   * @param table without what has no value here
   * @param strange whether it sees no packets, or has something that is of no kind known here: then
   *     it is not to be repaired but replaced
   */
  public record Reading(PolicyTable table, boolean strange) {}

  /**
   * Reads a table; empty if it is not there.
   *
   * @throws dev.tweed.netlink.NetlinkException if the kernel does not tell
   */
  public Optional<Reading> read(NfTable table) {
    return tables.table(table).map(this::read);
  }

  private Reading read(NfTableState state) {
    NfTable table = state.table();
    Map<String, NfChain> chains = new HashMap<>();
    Map<String, NfSet> sets = new HashMap<>();
    Map<String, Set<NfValue>> values = new HashMap<>();
    Map<String, Map<NfValue, NfExpression.Verdict>> verdicts = new HashMap<>();
    Map<String, NfExpression.AnyOf> constants = new HashMap<>();
    for (String name : tables.chains(table)) {
      tables.chain(table, name).ifPresent(chain -> chains.put(name, chain));
    }
    for (String name : tables.sets(table)) {
      Optional<NfSet> set = tables.set(table, name);
      set.ifPresentOrElse(s -> sets.put(name, s), () -> constants.put(name, CONTENT));
      if (set.isPresent() && set.get().verdicts()) {
        verdicts.put(name, tables.verdicts(table, name));
      } else if (set.isPresent()) {
        values.put(name, new HashSet<>(tables.elements(table, name)));
      }
    }
    Map<String, List<NfRule>> rules = new HashMap<>();
    for (NfRuleState rule : tables.rules(table)) {
      rules.computeIfAbsent(rule.rule().chain(), c -> new ArrayList<>()).add(rule.rule());
    }
    int known = chains.size() + sets.size() + constants.size();
    return new Reading(
        new PolicyTable(table, chains, sets, values, verdicts, constants, rules),
        state.dormant() || state.objects() != known);
  }

  /** Packets that the rules of a table have counted, by chain. */
  public Map<String, Long> packets(NfTable table) {
    Map<String, Long> packets = new HashMap<>();
    for (NfRuleState rule : tables.rules(table)) {
      if (rule.rule().expressions().stream().anyMatch(NfExpression.Counter.class::isInstance)) {
        packets.merge(rule.rule().chain(), rule.rule().packets(), Long::sum);
      }
    }
    return packets;
  }
}
