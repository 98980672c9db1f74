package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfSet;
import java.util.List;
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
   * @param structure what it is made of
   * @param peers elements of its sets of peers
   * @param strangers whose packets it has dropped in the last minutes, as many as it remembers
   * @param dropped packets it has dropped since it was made
   */
  record Present(Structure structure, Set<IpAddress> peers, Set<IpAddress> strangers, long dropped)
      implements TunnelFilterListing {
    /** Copies the sets. */
    public Present {
      Objects.requireNonNull(structure, "structure");
      peers = Set.copyOf(peers);
      strangers = Set.copyOf(strangers);
    }

    /** The same with other peers. */
    public Present with(Set<IpAddress> others) {
      return new Present(structure, others, strangers, dropped);
    }
  }

  /**
   * Chains, sets and rules that are in force; none of a table that is dormant.
   *
   * @param chains those of ours that are there
   * @param sets those of ours that are there
   * @param rules those of each chain, with nothing counted
   */
  record Structure(List<NfChain> chains, List<NfSet> sets, List<List<NfRule>> rules) {
    /** Of a table that sees no packets. */
    public static final Structure NONE = new Structure(List.of(), List.of(), List.of());

    /** Copies the lists. */
    public Structure {
      chains = List.copyOf(chains);
      sets = List.copyOf(sets);
      rules = rules.stream().map(List::copyOf).toList();
    }
  }
}
