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

  private record Known(int generation, TunnelFilterListing listing) {
    /** What is known after one transaction of ours. */
    private Known after(TunnelFilterListing then) {
      return new Known(generation + 1, then);
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
          known
              .filter(k -> k.generation() == generation)
              .map(k -> again(k.listing()))
              .orElseGet(this::anew);
      known = Optional.of(new Known(generation, listing));
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
    known =
        known.flatMap(
            k ->
                k.listing() instanceof Present present
                    ? peers(present, change).map(peers -> k.after(present.with(peers)))
                    : Optional.empty());
  }

  private static Optional<Set<IpAddress>> peers(Present present, StateChange change) {
    Set<IpAddress> peers = new HashSet<>(present.peers());
    return switch (change) {
      case StateChange.AddTunnelPeers add -> {
        peers.addAll(add.peers());
        yield Optional.of(peers);
      }
      case StateChange.RemoveTunnelPeers remove -> {
        peers.removeAll(remove.peers());
        yield Optional.of(peers);
      }
      default -> Optional.empty();
    };
  }

  private TunnelFilterListing again(TunnelFilterListing listing) {
    return listing instanceof Present present
        ? new Present(
            present.found(),
            present.peers(),
            strangers(),
            packets(tables.rules(TABLE, TunnelFilterCompiler.STRANGERS)))
        : listing;
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
