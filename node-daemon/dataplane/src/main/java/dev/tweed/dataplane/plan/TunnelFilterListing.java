package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfTableDiff;
import java.util.Objects;
import java.util.Set;

/** What the kernel has in place of our table {@code inet tweed-tunnel}. */
public sealed interface TunnelFilterListing {

  /** There is no such table. */
  record Absent() implements TunnelFilterListing {}

  /**
   * The kernel could not be asked, as where it has no nf_tables.
   *
   * @param message why
   */
  record Unreadable(String message) implements TunnelFilterListing {
    /** Refuses null. */
    public Unreadable {
      Objects.requireNonNull(message, "message");
    }
  }

  /**
   * The table is there.
   *
   * @param found what it is made of
   * @param peers elements of its sets of peers
   * @param strangers whose packets it has dropped in the last minutes, as many as it remembers
   * @param dropped packets it has dropped since it was made
   */
  record Present(
      NfTableDiff.Found found, Set<IpAddress> peers, Set<IpAddress> strangers, long dropped)
      implements TunnelFilterListing {
    /** Copies the sets. */
    public Present {
      Objects.requireNonNull(found, "found");
      peers = Set.copyOf(peers);
      strangers = Set.copyOf(strangers);
    }
  }
}
