package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.StateChange;
import dev.tweed.dataplane.plan.TunnelFilterCompiler;
import dev.tweed.dataplane.plan.TunnelFilterListing;
import dev.tweed.dataplane.plan.TunnelFilterListing.Present;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads the tunnel's filter. While the ruleset has the same number only what packets change is read
 * again. Used by one thread.
 */
public final class TunnelFilterReader {

  private static final NfTable TABLE = TunnelFilterCompiler.TABLE;
  private static final List<String> CHAINS =
      List.of(TunnelFilterCompiler.STRANGERS, TunnelFilterCompiler.INPUT);

  private static final List<String> SETS =
      Arrays.stream(AddressFamily.values())
          .flatMap(
              family ->
                  Stream.of(
                      TunnelFilterCompiler.peers(family), TunnelFilterCompiler.strangers(family)))
          .toList();

  private final NfTables tables;
  private Optional<Known> known = Optional.empty();

  /**
   * What is known.
   *
   * @param listing as it was read
   * @param since peers that came or went by our own transactions since, in order: with thousands it
   *     takes longer to copy their set than to let one in
   */
  private record Known(int generation, TunnelFilterListing listing, List<StateChange> since) {

    private Known after(StateChange change) {
      List<StateChange> all = new ArrayList<>(since);
      all.add(change);
      return new Known(generation + 1, listing, all);
    }

    private Set<IpAddress> peers(Present present) {
      if (since.isEmpty()) {
        return present.peers();
      }
      Set<IpAddress> peers = new HashSet<>(present.peers());
      for (StateChange change : since) {
        switch (change) {
          case StateChange.AddTunnelPeers add -> peers.addAll(add.peers());
          case StateChange.RemoveTunnelPeers remove -> peers.removeAll(remove.peers());
          default -> throw new IllegalStateException("not followed: " + change);
        }
      }
      return peers;
    }
  }

  /** Reads by these. */
  public TunnelFilterReader(NfTables tables) {
    this.tables = tables;
  }

  /** What is there now. */
  public TunnelFilterListing read() {
    try {
      // The number before the rest: what changes meanwhile is seen the next time.
      int generation = tables.generation();
      TunnelFilterListing listing =
          known.filter(k -> k.generation() == generation).map(this::again).orElseGet(this::anew);
      known = Optional.of(new Known(generation, listing, List.of()));
      return listing;
    } catch (NetlinkException e) {
      known = Optional.empty();
      return new TunnelFilterListing.Unreadable(e.getMessage());
    }
  }

  /**
   * Follows what was written: peers that came or went need no reading of all the others, unless
   * somebody else has changed anything since, too.
   */
  public void follow(StateChange change) {
    boolean ofPeers =
        change instanceof StateChange.AddTunnelPeers
            || change instanceof StateChange.RemoveTunnelPeers;
    known = known.filter(k -> ofPeers && k.listing() instanceof Present).map(k -> k.after(change));
  }

  private TunnelFilterListing again(Known before) {
    return before.listing() instanceof Present present
        ? new Present(
            present.found(),
            before.peers(present),
            strangers(),
            packets(tables.rules(TABLE, TunnelFilterCompiler.STRANGERS)))
        : before.listing();
  }

  private TunnelFilterListing anew() {
    return NfTableDiff.Found.read(tables, TABLE, SETS, CHAINS)
        .<TunnelFilterListing>map(
            found ->
                new Present(
                    found,
                    addresses(TunnelFilterCompiler::peers),
                    strangers(),
                    packets(found.rules().stream().map(NfRuleState::rule).toList())))
        .orElseGet(TunnelFilterListing.Absent::new);
  }

  private Set<IpAddress> strangers() {
    return addresses(TunnelFilterCompiler::strangers);
  }

  /** Names a set of each family. */
  @FunctionalInterface
  private interface SetName {
    String of(AddressFamily family);
  }

  private Set<IpAddress> addresses(SetName name) {
    Set<IpAddress> addresses = new HashSet<>();
    for (AddressFamily family : AddressFamily.values()) {
      for (NfValue value : tables.elements(TABLE, name.of(family))) {
        value.address().ifPresent(addresses::add);
      }
    }
    return addresses;
  }

  private static long packets(List<NfRule> rules) {
    return rules.stream().mapToLong(NfRule::packets).sum();
  }
}
