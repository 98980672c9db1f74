package dev.tweed.dataplane.kernel;

import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkEvent;
import java.util.HashSet;
import java.util.Set;

/**
 * What events told about routes and rules of others since somebody last took it. Threads of the
 * monitor fill it, the one that syncs takes it.
 */
public final class RouteNews {

  /** More at a time are as good as everything. */
  private static final int MAX_ROUTES = 64;

  /** A route that came, changed or went. */
  record Changed(IpPrefix destination, long table) {}

  /**
   * All that was told.
   *
   * @param routes those that changed
   * @param rules whether rules changed
   * @param links whether a device changed that others' routes lead to
   * @param lost whether more happened than can be told
   */
  record News(Set<Changed> routes, boolean rules, boolean links, boolean lost) {}

  private final Set<Changed> routes = new HashSet<>();
  private boolean rules;
  private boolean links;
  private boolean lost;
  private Set<Integer> watchedLinks = Set.of();

  /**
   * Looks out for these devices, which take their IPv4 routes along in silence, and for routes of
   * the kernel's own through them.
   */
  synchronized void watch(Set<Integer> linkIndexes) {
    watchedLinks = Set.copyOf(linkIndexes);
  }

  /**
   * Whether a device of those watched went away or down or lost an address, with the last of which
   * go its routes (fib_disable_ip() in net/ipv4/fib_frontend.c), or a route through it changed.
   */
  synchronized boolean watches(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.LinkChanged change ->
          watchedLinks.contains(change.link().index())
              && (change.removed() || !change.link().isUp());
      case NetlinkEvent.AddressChanged change ->
          change.removed() && watchedLinks.contains(change.address().linkIndex());
      case NetlinkEvent.RouteChanged change -> watchedLinks.contains(change.route().linkIndex());
      default -> false;
    };
  }

  /** Remembers an event. */
  synchronized void note(NetlinkEvent event) {
    switch (event) {
      case NetlinkEvent.RouteChanged change -> {
        if (routes.size() < MAX_ROUTES) {
          routes.add(new Changed(change.route().destination(), change.route().table()));
        } else {
          lost = true;
        }
      }
      case NetlinkEvent.RuleChanged change -> rules = true;
      case NetlinkEvent.LinkChanged _, NetlinkEvent.AddressChanged _ -> links = true;
      case NetlinkEvent.EventsLost events -> lost = true;
      default -> {}
    }
  }

  /** All that was told, which is then forgotten. */
  synchronized News take() {
    News news = new News(Set.copyOf(routes), rules, links, lost);
    routes.clear();
    rules = false;
    links = false;
    lost = false;
    return news;
  }
}
