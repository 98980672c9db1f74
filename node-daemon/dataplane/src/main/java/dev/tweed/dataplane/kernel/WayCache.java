package dev.tweed.dataplane.kernel;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.Route;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * How this node reaches addresses, asked of the kernel once, and again when an event may have
 * changed it or a minute has passed. One thread asks; others tell events.
 */
public final class WayCache {

  private static final long LIFE_NANOS = Duration.ofMinutes(1).toNanos();

  private final Function<IpAddress, Optional<Route>> kernel;
  private final LongSupplier nanoTime;
  private final Map<IpAddress, Optional<Route>> ways = new HashMap<>();
  private long asked;

  /** To where the ways may be others now. */
  private final Set<IpPrefix> doubts = ConcurrentHashMap.newKeySet();

  private volatile boolean doubtsAll;

  /**
   * @param kernel says how it would reach an address
   * @param nanoTime a clock as {@link System#nanoTime}
   */
  public WayCache(Function<IpAddress, Optional<Route>> kernel, LongSupplier nanoTime) {
    this.kernel = kernel;
    this.nanoTime = nanoTime;
  }

  /** An event that matters: what may be otherwise by it is asked anew next time. */
  public void doubt(NetlinkEvent event) {
    switch (event) {
      case NetlinkEvent.RouteChanged change -> doubts.add(change.route().destination());
      case NetlinkEvent.LinkChanged _,
          NetlinkEvent.AddressChanged _,
          NetlinkEvent.RuleChanged _,
          NetlinkEvent.EventsLost _ ->
          doubtsAll = true;
      case NetlinkEvent.NextHopChanged _,
          NetlinkEvent.NeighbourChanged _,
          NetlinkEvent.FdbChanged _,
          NetlinkEvent.NftablesChanged _ -> {}
    }
  }

  /** The ways to these addresses; without those that cannot be reached. */
  Map<IpAddress, Route> to(Set<IpAddress> addresses) {
    // Before the asking: what is told from here on counts for the next time.
    long now = nanoTime.getAsLong();
    boolean all = doubtsAll || ways.isEmpty() || now - asked >= LIFE_NANOS;
    doubtsAll = false;
    List<IpPrefix> some = List.copyOf(doubts);
    some.forEach(doubts::remove);
    if (all) {
      ways.clear();
      asked = now;
    } else if (!some.isEmpty()) {
      ways.keySet()
          .removeIf(address -> some.stream().anyMatch(p -> p.contains(IpPrefix.host(address))));
    }
    ways.keySet().retainAll(addresses);
    Map<IpAddress, Route> found = new HashMap<>();
    for (IpAddress address : addresses) {
      ways.computeIfAbsent(address, kernel).ifPresent(route -> found.put(address, route));
    }
    return found;
  }
}
