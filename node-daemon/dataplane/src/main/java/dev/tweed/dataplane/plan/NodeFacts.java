package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Route;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the planner has to know of the node.
 *
 * @param links all devices
 * @param addresses all addresses
 * @param routesTo how the node would reach a peer's address now; asked for only where plain routes
 *     are wanted, absent where it would not reach it
 * @param probes who has the addresses that are probed
 * @param routes of the host to elsewhere
 */
public record NodeFacts(
    List<Link> links,
    List<Address> addresses,
    Map<IpAddress, Route> routesTo,
    ProbeFacts probes,
    HostRoutes routes) {
  /** Copies the collections. */
  public NodeFacts {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
    routesTo = Map.copyOf(routesTo);
    Objects.requireNonNull(probes, "probes");
    Objects.requireNonNull(routes, "routes");
  }

  /** The device of this name. */
  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** The device of this index. */
  public Optional<Link> link(int index) {
    return links.stream().filter(link -> link.index() == index).findFirst();
  }

  /** The addresses of a device. */
  public List<Address> addressesOf(Link link) {
    return addresses.stream().filter(address -> address.linkIndex() == link.index()).toList();
  }
}
