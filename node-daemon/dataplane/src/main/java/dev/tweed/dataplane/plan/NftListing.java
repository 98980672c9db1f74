package dev.tweed.dataplane.plan;

import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import java.util.Objects;
import java.util.Optional;

/** What the kernel has in place of our table {@code inet tweed}. */
public sealed interface NftListing {

  /** There is no such table. */
  record Absent() implements NftListing {}

  /**
   * The kernel could not be asked, as where it has no nf_tables.
   *
   * @param message why
   */
  record Unreadable(String message) implements NftListing {
    /** Refuses null. */
    public Unreadable {
      Objects.requireNonNull(message, "message");
    }
  }

  /**
   * The table is there.
   *
   * @param found what it is
   */
  record Present(NfTableDiff.Found found) implements NftListing {
    /** Refuses null. */
    public Present {
      Objects.requireNonNull(found, "found");
    }
  }

  /** Whether the table has exactly this content. */
  default boolean has(NfTableContent rules) {
    return this instanceof Present(var found)
        && NfTableDiff.between(Optional.of(found), rules).isEmpty();
  }
}
