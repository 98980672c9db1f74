package dev.tweed.netlink.nft;

import dev.tweed.netlink.NetlinkError;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The kernel's nf_tables, read and written. {@code socket.NfTablesSocket} is the real one; tests of
 * callers may bring their own.
 *
 * <p>Every method may throw {@link dev.tweed.netlink.NetlinkException}, also where the kernel has
 * no nf_tables; none blocks longer than the implementation's time-out.
 */
public interface NfTables extends AutoCloseable {

  /**
   * Why a transaction was refused.
   *
   * @param request the first that was not possible; empty if it was the transaction as a whole
   */
  record Refusal(Optional<NfRequest> request, NetlinkError error) {}

  /** The number of the ruleset: each transaction, whoever makes it, gives another. */
  int generation();

  /** The table, if it is there. */
  Optional<NfTableState> table(NfTable table);

  /** The chain of this name, if it is there and of a kind that is known here. */
  Optional<NfChain> chain(NfTable table, String name);

  /** The rules of a chain in order, with what they have counted; none if it is not there. */
  List<NfRule> rules(NfTable table, String chain);

  /** All rules of a table, those of each chain in order; none if it is not there. */
  List<NfRuleState> rules(NfTable table);

  /** The set of this name, if it is there and of a kind that is known here. */
  Optional<NfSet> set(NfTable table, String name);

  /** Names of all chains of a table; none if it is not there. */
  List<String> chains(NfTable table);

  /** Names of all sets of a table that have one; none if it is not there. */
  List<String> sets(NfTable table);

  /** What is in a set of verdicts; nothing if it is not there. */
  Map<NfValue, NfExpression.Verdict> verdicts(NfTable table, String set);

  /** What is in a set; nothing if it is not there. */
  List<NfValue> elements(NfTable table, String set);

  /**
   * Applies requests in order, all at once for every packet, or none of them.
   *
   * @return why not
   */
  Optional<Refusal> execute(List<NfRequest> transaction);

  /** The netlink port that transactions are made from; 0 before the first. */
  int portId();

  @Override
  void close();
}
