package dev.tweed.enforce.table;

import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfFamily;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * All of a table of ours: as it should be, or as it was read.
 *
 * @param table which
 * @param chains by name
 * @param sets by name, also those of verdicts
 * @param values what is in each set without verdicts
 * @param verdicts what is in each set with verdicts
 * @param constants sets by name whose content nobody changes: the name of each is of no other; as
 *     read, their contents are not known
 * @param rules of each chain, {@link NfRule#sealed}; as read, only their digests are to be relied
 *     on
 */
public record PolicyTable(
    NfTable table,
    Map<String, NfChain> chains,
    Map<String, NfSet> sets,
    Map<String, Set<NfValue>> values,
    Map<String, Map<NfValue, NfExpression.Verdict>> verdicts,
    Map<String, NfExpression.AnyOf> constants,
    Map<String, List<NfRule>> rules) {

  /** The table that judges connections of pods. */
  public static final NfTable POLICY = new NfTable(NfFamily.INET, "tweed-policy");

  /** The table that holds pods to their own addresses. */
  public static final NfTable SPOOF = new NfTable(NfFamily.BRIDGE, "tweed-spoof");

  /** Wraps the maps; they are not to be changed any more. */
  public PolicyTable {
    chains = sorted(chains);
    sets = sorted(sets);
    values = sorted(values);
    verdicts = sorted(verdicts);
    constants = sorted(constants);
    rules = sorted(rules);
  }

  private static <T> Map<String, T> sorted(Map<String, T> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
