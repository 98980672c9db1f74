package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.netlink.Route;
import java.util.List;
import java.util.Optional;

/** Tells of routes of others in the table that probes take, and pods do not. */
public final class ProbeTablePlanner {

  private ProbeTablePlanner() {}

  /** The finding, if the probe device is there and others have routes in its table. */
  public static Optional<Finding> plan(DesiredState desired, ActualState actual) {
    List<Route> foreign = actual.probe().foreign();
    if (desired.probe().isEmpty() || foreign.isEmpty()) {
      return Optional.empty();
    }
    RouteRenderer renderer = new RouteRenderer(actual.links(), actual.addresses());
    return Optional.of(
        new Finding(
            Reason.RouteShadowed,
            "probes",
            "probes of other nodes may not take a pod's way: table "
                + ProbeDevice.TABLE
                + " has route "
                + renderer.route(foreign.getFirst())
                + (foreign.size() > 1 ? " and " + (foreign.size() - 1) + " more" : "")
                + ", which is not ours",
            renderer.removal(foreign.getFirst())));
  }
}
