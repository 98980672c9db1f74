package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RoutingRule;
import java.util.List;
import java.util.Set;

/**
 * What the kernel holds of the probe device besides devices and addresses.
 *
 * @param routes routes of our protocol in the probe device's table
 * @param foreign routes of others in that table
 * @param local addresses of the device that the table of all the host's own addresses has
 * @param neighbours neighbours of the device
 * @param rules all rules
 */
public record ProbeState(
    List<Route> routes,
    List<Route> foreign,
    Set<IpAddress> local,
    List<Neighbour> neighbours,
    List<RoutingRule> rules) {

  /** Copies the collections. */
  public ProbeState {
    routes = List.copyOf(routes);
    foreign = List.copyOf(foreign);
    local = Set.copyOf(local);
    neighbours = List.copyOf(neighbours);
    rules = List.copyOf(rules);
  }
}
