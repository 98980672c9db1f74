package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Knows which routes of ours somebody else keeps putting aside by one of the same destination,
 * table and metric, and leaves those alone for a while: two programs that overwrite each other
 * without end help nobody. Mutable; for one thread.
 */
public final class RouteContest {

  static final int LIMIT = 3;
  static final long WINDOW_NANOS = 60_000_000_000L;
  static final long HOLD_NANOS = 5 * WINDOW_NANOS;

  private static final int MAX_FINDINGS = 20;

  private final Marks marks;
  private final LongSupplier nanoTime;

  /** When somebody put ours aside, within a minute. */
  private final Map<IpPrefix, Deque<Long>> losses = new HashMap<>();

  private final Map<IpPrefix, Hold> holds = new LinkedHashMap<>();

  /**
   * A route of ours that is left alone.
   *
   * @param since when that began
   * @param rival what is there instead
   * @param first whether the rival was there before ours ever was
   */
  private record Hold(long since, Route rival, boolean first) {}

  /**
   * Knows our routes by these marks.
   *
   * @param nanoTime a clock as {@link System#nanoTime}
   */
  public RouteContest(Marks marks, LongSupplier nanoTime) {
    this.marks = marks;
    this.nanoTime = nanoTime;
  }

  /** Whether a route may put a planned one of the same destination aside. */
  static boolean isRival(Route route, Marks marks) {
    return route.table() == Route.MAIN_TABLE
        && route.metric() == PlannedRoute.metric(route.destination().family())
        && !route.protocol().equals(marks.routeProtocol())
        // Those of a device's addresses the kernel appends (fib_magic() in
        // net/ipv4/fib_frontend.c).
        && !route.protocol().equals(RouteProtocol.KERNEL);
  }

  /**
   * Whether {@link #judge} has to be asked about these steps.
   *
   * @param lost those of the steps that bring back what was there before
   */
  public boolean isNeeded(List<StateChange> changes, Set<StateChange> lost) {
    return !holds.isEmpty()
        || changes.stream()
            .anyMatch(
                change ->
                    change instanceof StateChange.PutRoute put
                        && (isIpv6(put.route().destination()) || lost.contains(put)));
  }

  private static Map<IpPrefix, StateChange.PutRoute> puts(Collection<StateChange> changes) {
    Map<IpPrefix, StateChange.PutRoute> puts = new HashMap<>();
    for (StateChange change : changes) {
      if (change instanceof StateChange.PutRoute put) {
        puts.put(put.route().destination(), put);
      }
    }
    return puts;
  }

  /**
   * What to do.
   *
   * @param steps the steps to take
   * @param again those of them that bring ours back and that comparison did not ask for
   */
  public record Verdict(List<StateChange> steps, Set<StateChange> again) {
    /** Copies the collections. */
    public Verdict {
      steps = List.copyOf(steps);
      again = Set.copyOf(again);
    }
  }

  /**
   * The steps to take: without the routes that are left alone, and with those that bring a route of
   * ours before that of somebody else.
   *
   * @param changes the steps that comparison asks for
   * @param lost those of them that bring back what was there before
   * @param table the main table, in the order of the kernel
   */
  public Verdict judge(
      List<StateChange> changes, Set<StateChange> lost, DesiredState desired, List<Route> table) {
    Map<IpPrefix, StateChange.PutRoute> puts = puts(changes);
    Set<IpPrefix> missing = puts(lost).keySet();
    Rivals rivals = rivals(desired, table);
    losses.keySet().retainAll(rivals.first().keySet());
    holds.keySet().retainAll(rivals.first().keySet());
    Set<StateChange> again = new LinkedHashSet<>();
    List<StateChange> forward = new ArrayList<>();
    rivals
        .first()
        .forEach(
            (destination, rival) -> {
              StateChange.PutRoute put = puts.get(destination);
              Route behind = rivals.behind().get(destination);
              if (!goesFirst(
                  destination, rival, put != null && missing.contains(destination), behind)) {
                return;
              }
              if (put != null && isIpv6(destination)) {
                StateChange.PutRoute replacing =
                    new StateChange.PutRoute(put.route(), put.nextHopId(), /* replacing= */ true);
                puts.put(destination, replacing);
                again.add(replacing);
              } else if (put == null) {
                forward.add(new StateChange.RemoveRoute(behind));
                forward.add(
                    new StateChange.PutRoute(
                        rivals.planned().get(destination), behind.nextHopId(), false));
              }
            });
    List<StateChange> steps = new ArrayList<>();
    for (StateChange change : changes) {
      if (!isHeld(change)) {
        steps.add(
            change instanceof StateChange.PutRoute put
                ? puts.get(put.route().destination())
                : change);
      }
    }
    steps.addAll(forward);
    again.addAll(forward);
    return new Verdict(steps, again);
  }

  /**
   * Whether ours is to be put before a rival now.
   *
   * @param lost whether ours was there and is not any more
   * @param behind ours, if it is there behind the rival
   */
  private boolean goesFirst(IpPrefix destination, Route rival, boolean lost, Route behind) {
    long now = nanoTime.getAsLong();
    Hold hold = holds.get(destination);
    if (hold != null) {
      if (hold.first() || now - hold.since() < HOLD_NANOS) {
        return false;
      }
      holds.remove(destination);
      losses.remove(destination);
      return true;
    }
    if (isIpv6(destination) && !lost) {
      // There is no place before it, and to replace what was there first is not ours to do.
      holds.put(destination, new Hold(now, rival, true));
      return false;
    }
    if (!lost && behind == null) {
      return true; // a new one
    }
    Deque<Long> times = losses.computeIfAbsent(destination, key -> new ArrayDeque<>(LIMIT));
    while (!times.isEmpty() && now - times.peekFirst() > WINDOW_NANOS) {
      times.removeFirst();
    }
    times.addLast(now);
    if (times.size() < LIMIT) {
      return true;
    }
    holds.put(destination, new Hold(now, rival, false));
    return false;
  }

  /**
   * Planned routes that somebody's is before.
   *
   * @param first that route, by destination
   * @param behind ours, where it is there all the same
   */
  private record Rivals(
      Map<IpPrefix, PlannedRoute> planned,
      Map<IpPrefix, Route> first,
      Map<IpPrefix, Route> behind) {}

  private Rivals rivals(DesiredState desired, List<Route> table) {
    Map<IpPrefix, PlannedRoute> planned = new HashMap<>();
    desired.peers().forEach(peer -> planned.put(peer.block(), peer.route()));
    Map<IpPrefix, Route> first = new LinkedHashMap<>();
    Map<IpPrefix, Route> behind = new HashMap<>();
    for (Route route : table) {
      IpPrefix destination = route.destination();
      if (!planned.containsKey(destination)) {
        continue;
      }
      if (isRival(route, marks)) {
        first.putIfAbsent(destination, route);
      } else if (marks.owns(route) && route.metric() == PlannedRoute.metric(destination.family())) {
        if (first.containsKey(destination)) {
          behind.putIfAbsent(destination, route);
        } else {
          planned.remove(destination);
        }
      }
    }
    return new Rivals(planned, first, behind);
  }

  /** Whether the step puts a route that is left alone. */
  public boolean isHeld(StateChange change) {
    return change instanceof StateChange.PutRoute put
        && holds.containsKey(put.route().destination());
  }

  /** What is left alone, with what is there instead. */
  public List<Finding> findings(ActualState actual) {
    List<Finding> findings = new ArrayList<>();
    RouteRenderer renderer = new RouteRenderer(actual.links(), actual.addresses());
    holds.forEach((destination, hold) -> findings.add(finding(destination, hold, renderer)));
    if (findings.size() <= MAX_FINDINGS) {
      return findings;
    }
    int more = findings.size() - MAX_FINDINGS;
    List<Finding> some = new ArrayList<>(findings.subList(0, MAX_FINDINGS));
    some.add(new Finding(Reason.RouteContested, "routes", "and " + more + " more routes", REMEDY));
    return some;
  }

  private static final String REMEDY =
      "take the pod CIDRs out of what that program writes into the kernel (the export filter of a"
          + " routing daemon), then remove its route";

  private static Finding finding(IpPrefix destination, Hold hold, RouteRenderer renderer) {
    String rival = "the route " + renderer.route(hold.rival());
    return new Finding(
        Reason.RouteContested,
        destination.toString(),
        hold.first()
            ? rival
                + " in table main was there before this node's, with the same metric; this node's"
                + " is not put"
            : rival
                + " in table main took the place of this node's "
                + LIMIT
                + " times within a minute; this node's is not put back for 5 minutes",
        REMEDY + ": " + renderer.removal(hold.rival()));
  }

  private static boolean isIpv6(IpPrefix destination) {
    return destination.family() == AddressFamily.IPV6;
  }
}
