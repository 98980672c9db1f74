package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.plan.Marks;
import dev.tweed.dataplane.plan.ProbeDevice;
import dev.tweed.dataplane.plan.ProbeFacts;
import dev.tweed.dataplane.plan.ProbeState;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteType;
import dev.tweed.netlink.Rtnetlink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads what belongs to the probe device, and who has its addresses.
 *
 * @param podAddresses directory in which the CNI plugin has a file for each address of a pod
 */
record ProbeReader(Rtnetlink netlink, Marks marks, Path podAddresses) {

  private static final int NUD_DELAY = 0x08;
  private static final int NUD_PROBE = 0x10;

  /** Of neighbours in use. Others may be of pods long gone: the kernel keeps them. */
  private static final int IN_USE =
      NeighbourState.REACHABLE.bits()
          | NUD_DELAY
          | NUD_PROBE
          | NeighbourState.NO_ARP.bits()
          | NeighbourState.PERMANENT.bits();

  /** Who has the addresses of the own blocks. */
  ProbeFacts facts(ClusterSnapshot snapshot, List<Link> links) {
    if (!snapshot.network().probes()) {
      return ProbeFacts.NONE;
    }
    Set<IpAddress> own =
        snapshot.self().blocks().stream()
            .map(ProbeAddress::of)
            .flatMap(Optional::stream)
            .collect(Collectors.toSet());
    Map<IpAddress, MacAddress> neighbours = new HashMap<>();
    links.stream()
        .filter(link -> link.name().equals(snapshot.network().bridgeName()))
        .flatMap(bridge -> netlink.neighbours(bridge.index()).stream())
        .filter(neighbour -> own.contains(neighbour.address()))
        .filter(neighbour -> (neighbour.state().bits() & IN_USE) != 0)
        .forEach(
            neighbour ->
                neighbour.mac().ifPresent(mac -> neighbours.put(neighbour.address(), mac)));
    return new ProbeFacts(
        own.stream()
            .filter(address -> Files.exists(podAddresses.resolve(address.toString())))
            .collect(Collectors.toSet()),
        neighbours);
  }

  /** What there is of the device. */
  ProbeState state(List<Link> links) {
    Optional<Link> device =
        links.stream().filter(link -> link.name().equals(ProbeDevice.NAME)).findFirst();
    Map<Boolean, List<Route>> routes =
        netlink.routes(RouteFilter.ALL.withTable(ProbeDevice.TABLE)).stream()
            .collect(
                Collectors.partitioningBy(route -> route.protocol().equals(marks.routeProtocol())));
    return new ProbeState(
        routes.get(true),
        routes.get(false),
        device.map(this::local).orElse(Set.of()),
        device.map(link -> netlink.neighbours(link.index())).orElse(List.<Neighbour>of()),
        netlink.rules());
  }

  private Set<IpAddress> local(Link device) {
    return netlink
        .routes(RouteFilter.ALL.withTable(Route.LOCAL_TABLE).withLink(device.index()))
        .stream()
        .filter(route -> route.type().equals(RouteType.LOCAL))
        .map(route -> route.destination())
        .filter(prefix -> prefix.length() == prefix.family().bits())
        .map(prefix -> prefix.address())
        .collect(Collectors.toSet());
  }
}
