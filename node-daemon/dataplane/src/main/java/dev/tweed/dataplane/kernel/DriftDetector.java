package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.ActualState;
import dev.tweed.dataplane.plan.EventFilter;
import dev.tweed.dataplane.plan.PlannedPeer;
import dev.tweed.dataplane.plan.SysctlSetting;
import dev.tweed.netlink.NetlinkEvent;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * Tells whether something is no longer as the last sync left it. The thread that syncs says what to
 * look out for; those of the monitor ask. Before the first sync nothing is news.
 */
public final class DriftDetector {

  /**
   * What to look out for.
   *
   * @param relevance which events matter
   * @param sysctls the settings that were right after the last sync
   * @param bridge index of the bridge
   */
  private record Watch(EventFilter relevance, List<SysctlSetting> sysctls, int bridge) {}

  private final int ownPort;
  private final IntSupplier ownNfPort;
  private final RulesReader rules;
  private final BridgePorts ports;
  private final WayCache ways;

  /** Whether a route or nexthop object may have been put in the way of ours. */
  private final AtomicBoolean routesSuspect = new AtomicBoolean(true);

  private final RouteNews routes;

  /** Events of others' routes and rules since the last {@link #moreNews}. */
  private final AtomicInteger ofOthers = new AtomicInteger();

  private volatile Optional<Watch> watch = Optional.empty();

  /**
   * @param ownPort netlink port that our own changes come from
   * @param ownNfPort that of nf_tables, which numbers its ports by itself
   * @param rules is told when the table may be another
   * @param ports is shown what comes to the bridge
   * @param routes is told of routes and rules of others
   * @param ways is told when ways to nodes may be others
   */
  public DriftDetector(
      int ownPort,
      IntSupplier ownNfPort,
      RulesReader rules,
      BridgePorts ports,
      RouteNews routes,
      WayCache ways) {
    this.ways = ways;
    this.ownPort = ownPort;
    this.ownNfPort = ownNfPort;
    this.rules = rules;
    this.ports = ports;
    this.routes = routes;
  }

  /**
   * Looks out for changes of this from now on.
   *
   * @param settings all that are wanted; those that are right now are watched
   * @param bridge index of the bridge, -1 if there is none
   */
  public void lookFor(
      EventFilter relevance, List<SysctlSetting> settings, ActualState actual, int bridge) {
    List<SysctlSetting> right =
        settings.stream()
            .filter(
                setting ->
                    actual
                        .sysctl(setting.path())
                        .filter(value -> setting.toWrite(value, actual::sysctl).isEmpty())
                        .isPresent())
            .toList();
    watch = Optional.of(new Watch(relevance, right, bridge));
  }

  /** This peer is planned, too. */
  public void expect(PlannedPeer peer) {
    watch.ifPresent(current -> current.relevance().expect(peer));
  }

  /** Nothing is news any more. */
  public void lookForNothing() {
    watch = Optional.empty();
  }

  /**
   * Whether an event calls for a sync. Of those that only tell of others' routes and rules the
   * first does, and what follows it waits for {@link #moreNews}: a routing daemon may write all the
   * time.
   */
  boolean isNews(NetlinkEvent event) {
    int own = event instanceof NetlinkEvent.NftablesChanged ? ownNfPort.getAsInt() : ownPort;
    if (event.originPort() != 0 && event.originPort() == own) {
      return false;
    }
    Optional<Watch> current = watch;
    if (current.isEmpty()) {
      return false;
    }
    ports.see(event, current.get().bridge());
    boolean news = current.get().relevance().concerns(event) || ports.isTakenOut(event);
    if (news
        && (event instanceof NetlinkEvent.NftablesChanged
            || event instanceof NetlinkEvent.EventsLost)) {
      rules.suspect();
    }
    if (news) {
      ways.doubt(event);
    }
    if (news
        && (event instanceof NetlinkEvent.RouteChanged
            || event instanceof NetlinkEvent.NextHopChanged
            || event instanceof NetlinkEvent.EventsLost)) {
      suspectRoutes();
    }
    boolean route = current.get().relevance().mayShadow(event) || routes.watches(event);
    if (route) {
      routes.note(event);
    }
    return news || route && ofOthers.getAndIncrement() == 0;
  }

  /** Nobody listened until now. */
  public void eventsMissed() {
    isNews(new NetlinkEvent.EventsLost("nobody listened"));
  }

  /** Whether events have waited since this was asked last; to be asked now and then. */
  boolean moreNews() {
    return ofOthers.getAndUpdate(count -> count > 1 ? 1 : 0) > 1;
  }

  /** Whether {@link #moreNews} has to be asked, half a second from now. */
  boolean hasWaiting() {
    return ofOthers.get() > 0;
  }

  /** Whether somebody's route or nexthop object may be in the way of ours. */
  public boolean suspectsRoutes() {
    return routesSuspect.get();
  }

  /** Nothing is known of them. */
  public void suspectRoutes() {
    routesSuspect.set(true);
  }

  /** They are about to be read. */
  public void routesAreRead() {
    routesSuspect.set(false);
  }

  /** Settings that should still be right; of most the kernel tells nothing. */
  List<SysctlSetting> sysctls() {
    return watch.map(Watch::sysctls).orElse(List.of());
  }
}
