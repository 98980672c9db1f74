package dev.tweed.enforce.kernel;

import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.enforce.table.PolicyTableDiff;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Keeps one table of ours as it should be. Between readings it goes by what it has written last, so
 * that one changed pod costs one small transaction; an {@link #audit} reads everything. Not safe
 * for use by several threads.
 */
public final class PolicyTableWriter {

  private final NfTables tables;
  private final NfTable table;
  private final PolicyTableReader reader;
  private Optional<PolicyTable> written = Optional.empty();

  /** For one table. */
  public PolicyTableWriter(NfTables tables, NfTable table) {
    this.tables = tables;
    this.table = table;
    this.reader = new PolicyTableReader(tables);
  }

  /**
   * What came of it.
   *
   * @param transactions how many were made
   * @param refusal why the last was not possible; then the table is as it was
   */
  public record Outcome(int transactions, Optional<NfTables.Refusal> refusal) {
    /** Whether the table is as it should be. */
    public boolean succeeded() {
      return refusal.isEmpty();
    }
  }

  /**
   * Makes the table what it should be, starting from what was written last; from what is there, if
   * nothing was, or the kernel does not take it.
   *
   * @throws dev.tweed.netlink.NetlinkException if the kernel does not answer
   */
  public Outcome write(PolicyTable wanted) {
    if (written.isPresent()) {
      Outcome outcome = execute(PolicyTableDiff.between(written, wanted));
      if (outcome.succeeded()) {
        written = Optional.of(wanted);
        return outcome;
      }
    }
    return audit(wanted);
  }

  /**
   * Reads the table and repairs what differs.
   *
   * @return no transaction where nothing does
   * @throws dev.tweed.netlink.NetlinkException if the kernel does not answer
   */
  public Outcome audit(PolicyTable wanted) {
    written = Optional.empty();
    Optional<PolicyTableReader.Reading> found = reader.read(table);
    List<List<NfRequest>> transactions =
        found.isPresent() && found.get().strange()
            ? replacement(wanted)
            : PolicyTableDiff.between(found.map(PolicyTableReader.Reading::table), wanted);
    Outcome outcome = execute(transactions);
    if (!outcome.succeeded() && found.isPresent()) {
      outcome = execute(replacement(wanted)); // something that is in the way of a repair
    }
    if (outcome.succeeded()) {
      written = Optional.of(wanted);
    }
    return outcome;
  }

  /** All of it anew, in one transaction. */
  private List<List<NfRequest>> replacement(PolicyTable wanted) {
    List<NfRequest> all = new ArrayList<>(PolicyTableDiff.removal(table));
    PolicyTableDiff.between(Optional.empty(), wanted).forEach(all::addAll);
    return List.of(all);
  }

  /**
   * Removes the table, if it is there.
   *
   * @throws dev.tweed.netlink.NetlinkException if the kernel does not answer
   */
  public Outcome remove() {
    written = Optional.empty();
    return tables.table(table).isEmpty()
        ? new Outcome(0, Optional.empty())
        : execute(List.of(PolicyTableDiff.removal(table)));
  }

  private Outcome execute(List<List<NfRequest>> transactions) {
    int made = 0;
    for (List<NfRequest> transaction : transactions) {
      Optional<NfTables.Refusal> refusal = tables.execute(transaction);
      if (refusal.isPresent()) {
        return new Outcome(made, refusal);
      }
      made++;
    }
    return new Outcome(made, Optional.empty());
  }
}
