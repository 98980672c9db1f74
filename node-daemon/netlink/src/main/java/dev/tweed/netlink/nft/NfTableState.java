package dev.tweed.netlink.nft;

import java.util.Objects;

/**
 * A table that is there.
 *
 * @param table which
 * @param dormant whether its chains see no packets
 * @param objects how many chains, sets with names and other objects it has, but rules
 */
public record NfTableState(NfTable table, boolean dormant, int objects) {
  /** Refuses null. */
  public NfTableState {
    Objects.requireNonNull(table, "table");
  }
}
