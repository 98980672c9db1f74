package dev.tweed.dataplane.plan;

import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the kernel holds, as far as it may be ours.
 *
 * @param links all devices
 * @param addresses all addresses
 * @param fdb FDB entries by index of the tunnel device
 * @param neighbours neighbours by index of the tunnel device
 * @param routes routes of our protocol in the main table
 * @param nextHops all nexthop objects
 * @param probe what belongs to the probe device
 * @param sysctls values of the files asked for, by path below /proc/sys/net; absent files are
 *     missing
 * @param rules our nftables table
 * @param tunnelFilter our table that filters the tunnel
 */
public record ActualState(
    List<Link> links,
    List<Address> addresses,
    Map<Integer, List<FdbEntry>> fdb,
    Map<Integer, List<Neighbour>> neighbours,
    List<Route> routes,
    List<NextHopObject> nextHops,
    ProbeState probe,
    Map<String, String> sysctls,
    NftListing rules,
    TunnelFilterListing tunnelFilter) {
  /** Copies the collections. */
  public ActualState {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
    fdb = Map.copyOf(fdb);
    neighbours = Map.copyOf(neighbours);
    routes = List.copyOf(routes);
    nextHops = List.copyOf(nextHops);
    Objects.requireNonNull(probe, "probe");
    sysctls = Map.copyOf(sysctls);
    Objects.requireNonNull(rules, "rules");
    Objects.requireNonNull(tunnelFilter, "tunnelFilter");
  }

  /** The same with other nexthop objects. */
  public ActualState withNextHops(List<NextHopObject> others) {
    return new ActualState(
        links, addresses, fdb, neighbours, routes, others, probe, sysctls, rules, tunnelFilter);
  }

  /** The device of this name. */
  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** The addresses of a device. */
  public List<Address> addressesOf(Link link) {
    return addresses.stream().filter(address -> address.linkIndex() == link.index()).toList();
  }

  /** The value of a sysctl; empty when there is no such file. */
  public Optional<String> sysctl(String path) {
    return Optional.ofNullable(sysctls.get(path));
  }
}
