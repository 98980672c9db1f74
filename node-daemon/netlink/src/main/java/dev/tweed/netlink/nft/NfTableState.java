package dev.tweed.netlink.nft;

import java.util.Objects;

/**
 * A table that is there.
 *
 * @param table which
 * @param dormant whether its chains see no packets
 */
public record NfTableState(NfTable table, boolean dormant) {
  /** Refuses null. */
  public NfTableState {
    Objects.requireNonNull(table, "table");
  }
}
