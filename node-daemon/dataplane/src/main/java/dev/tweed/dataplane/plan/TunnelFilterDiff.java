package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.nft.NfTableDiff;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The steps to the tunnel's filter. A peer is let in before anything is sent to it, which is when
 * it may answer, and shut out after its entries are gone.
 *
 * @param before what goes before the tunnel and its peers
 * @param after what goes after them
 */
record TunnelFilterDiff(Optional<StateChange> before, Optional<StateChange> after) {

  static TunnelFilterDiff between(Optional<TunnelFilter> wanted, TunnelFilterListing actual) {
    return switch (actual) {
      // Nothing can be said and nothing be done; a finding tells it.
      case TunnelFilterListing.Unreadable _ ->
          new TunnelFilterDiff(Optional.empty(), Optional.empty());
      case TunnelFilterListing.Absent _ ->
          new TunnelFilterDiff(
              wanted.map(filter -> new StateChange.PutTunnelFilter(filter, Change.Action.ADDED)),
              Optional.empty());
      case TunnelFilterListing.Present present ->
          wanted
              .map(filter -> between(filter, present))
              .orElseGet(
                  () ->
                      new TunnelFilterDiff(
                          Optional.empty(), Optional.of(new StateChange.RemoveTunnelFilter())));
    };
  }

  private static TunnelFilterDiff between(
      TunnelFilter wanted, TunnelFilterListing.Present present) {
    if (!NfTableDiff.between(Optional.of(present.found()), TunnelFilterCompiler.content(wanted))
        .isEmpty()) {
      return new TunnelFilterDiff(
          Optional.of(new StateChange.PutTunnelFilter(wanted, Change.Action.CHANGED)),
          Optional.empty());
    }
    return new TunnelFilterDiff(
        missing(wanted.peers(), present.peers()).map(StateChange.AddTunnelPeers::new),
        missing(present.peers(), wanted.peers()).map(StateChange.RemoveTunnelPeers::new));
  }

  private static Optional<Set<IpAddress>> missing(Set<IpAddress> some, Set<IpAddress> others) {
    if (others.containsAll(some)) {
      return Optional.empty(); // as nearly always, and there may be thousands
    }
    Set<IpAddress> missing = new HashSet<>(some);
    missing.removeAll(others);
    return Optional.of(missing);
  }
}
