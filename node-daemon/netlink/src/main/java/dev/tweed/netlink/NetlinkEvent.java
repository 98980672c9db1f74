package dev.tweed.netlink;

import java.util.Set;

/**
 * Something changed in the kernel. Events say when to look, not what is true: read the state again.
 *
 * <p>Not every change is told: IPv4 routes and neighbours that vanish because their device went
 * down give no event of their own (fib_sync_down_dev() in net/ipv4/fib_trie.c), only the link's.
 */
public sealed interface NetlinkEvent {

  /**
   * The netlink port whose request caused it ({@link Rtnetlink#portId} for our own), 0 for the
   * kernel itself. Not known for {@link EventsLost}, where it is 0.
   */
  int originPort();

  /** A device was made or changed, or removed. */
  record LinkChanged(Link link, boolean removed, int originPort) implements NetlinkEvent {}

  /** An address was added or changed, or removed. */
  record AddressChanged(Address address, boolean removed, int originPort) implements NetlinkEvent {}

  /** A route was added or replaced, or removed. */
  record RouteChanged(Route route, boolean removed, int originPort) implements NetlinkEvent {}

  /** A neighbour was added or changed, or removed. */
  record NeighbourChanged(Neighbour neighbour, boolean removed, int originPort)
      implements NetlinkEvent {}

  /** An FDB entry was added or changed, or removed. */
  record FdbChanged(FdbEntry entry, boolean removed, int originPort) implements NetlinkEvent {}

  /**
   * One nftables transaction was committed.
   *
   * @param tables names of the tables it touched (without family)
   * @param processId process that made it as seen from this PID namespace, 0 when unknown
   * @param processName name of that process, empty when unknown; chosen by that process
   */
  record NftablesChanged(Set<String> tables, int processId, String processName, int originPort)
      implements NetlinkEvent {
    /** Takes a copy. */
    public NftablesChanged {
      tables = Set.copyOf(tables);
    }
  }

  /**
   * Events were lost or could not be read: read everything again.
   *
   * @param why for a log
   */
  record EventsLost(String why) implements NetlinkEvent {
    @Override
    public int originPort() {
      return 0;
    }
  }
}
