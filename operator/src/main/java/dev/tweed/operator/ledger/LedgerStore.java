package dev.tweed.operator.ledger;

import java.util.Optional;

/** Where the ledger is kept: one object that is read and replaced as a whole. */
public interface LedgerStore {
  /**
   * The ledger and the version it was read at.
   *
   * @param version opaque; empty when there was no ledger yet
   */
  record Entry(Ledger ledger, Optional<String> version) {}

  /** What messages call it. */
  default String name() {
    return "the ledger";
  }

  /** Reads the latest state, never a cached one. */
  Entry read();

  /**
   * Replaces the ledger if nobody else has since the entry was read.
   *
   * @return the new entry, or empty when somebody else was first
   */
  Optional<Entry> replace(Entry read, Ledger next);
}
