package dev.tweed.netlink;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * Something changed in the kernel. Events say when to look, not what is true: read the state again.
 *
 * <p>Not every change is told: IPv4 routes and neighbours that vanish because their device went
 * down give no event of their own (fib_sync_down_dev() in net/ipv4/fib_trie.c), only the link's;
 * nor do IPv4 routes whose nexthop object is removed.
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

  /** A routing rule was added, or removed. */
  record RuleChanged(RoutingRule rule, boolean removed, int originPort) implements NetlinkEvent {}

  /** A nexthop object was added or replaced, or removed. */
  record NextHopChanged(NextHopObject object, boolean removed, int originPort)
      implements NetlinkEvent {}

  /**
   * A setting of IPv4 or IPv6 was written that the kernel tells of, to whatever value: forwarding
   * and, of IPv4, rp_filter, but no other sysctl that matters to a node of a pod network
   * (NETCONFA_FORWARDING in include/uapi/linux/netconf.h).
   */
  record SettingChanged(int originPort) implements NetlinkEvent {}

  /** A neighbour was added or changed, or removed. */
  record NeighbourChanged(Neighbour neighbour, boolean removed, int originPort)
      implements NetlinkEvent {}

  /** An FDB entry was added or changed, or removed. */
  record FdbChanged(FdbEntry entry, boolean removed, int originPort) implements NetlinkEvent {}

  /**
   * One nftables transaction was committed.
   *
   * @param places where it changed something
   * @param processId process that made it as seen from this PID namespace, 0 when unknown
   * @param processName name of that process, empty when unknown; chosen by that process
   */
  record NftablesChanged(Set<NftPlace> places, int processId, String processName, int originPort)
      implements NetlinkEvent {
    /** Takes a copy. */
    public NftablesChanged {
      places = Set.copyOf(places);
    }

    /** Names of the tables it touched (without family). */
    public Set<String> tables() {
      return places.stream().map(NftPlace::table).collect(Collectors.toUnmodifiableSet());
    }
  }

  /**
   * A place in the nftables rule set.
   *
   * @param table name of the table (without family)
   * @param chain name of the chain; empty for what is in no chain (sets, the table itself) and for
   *     more chains than are worth naming
   * @param element whether it is what a set holds, as where programs ban addresses one by one
   */
  record NftPlace(String table, String chain, boolean element) {
    /** No element of a set. */
    public NftPlace(String table, String chain) {
      this(table, chain, false);
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
