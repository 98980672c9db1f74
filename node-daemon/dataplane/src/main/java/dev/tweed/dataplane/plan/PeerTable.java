package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The peers of a plan that is in the kernel, by all that two of them could claim. So a peer that
 * comes is judged by what it claims, however many there are, and gets what the plan of all of them
 * would give it. Where it takes more than a look at the table it is left to that plan. Mutable, and
 * of one thread.
 */
public final class PeerTable {

  private final NetworkParameters network;
  private final OwnNode self;
  private final List<Address> addresses;
  private final PeerPlanner planner;
  private final int podMtu;
  private final Map<IpPrefix, Peer> known = new HashMap<>();
  private final Map<AddressFamily, String> tunnels = new EnumMap<>(AddressFamily.class);
  private final Map<MacAddress, PlannedPeer.Path> paths = new HashMap<>();

  /** Of nodes that no block of is reached. */
  private final Set<MacAddress> withoutPath = new HashSet<>();

  /** Who may send to the tunnel; empty is everybody. */
  private final Optional<Set<IpAddress>> letIn;

  private final Set<Long> nextHops = new HashSet<>();
  private final Set<IpPrefix> routed = new HashSet<>();

  /**
   * What a peer gets.
   *
   * @param peer as the plan has it
   * @param addresses of its node
   * @param steps to there, in order; what it has in common with others may be there
   */
  public record Arrival(PlannedPeer peer, Set<IpAddress> addresses, List<StateChange> steps) {
    /** Copies the collections. */
    public Arrival {
      addresses = Set.copyOf(addresses);
      steps = List.copyOf(steps);
    }
  }

  private PeerTable(ClusterSnapshot snapshot, NodeFacts facts, Plan plan, ActualState actual) {
    this.network = snapshot.network();
    this.self = snapshot.self();
    this.addresses = facts.addresses();
    this.planner = new PeerPlanner(snapshot, facts);
    this.podMtu = plan.podMtu();
    planner.judge();
    snapshot.peers().forEach(peer -> known.putIfAbsent(peer.block(), peer));
    DesiredState desired = plan.desired();
    tunnels.putAll(tunnels(desired));
    for (PlannedPeer peer : desired.peers()) {
      if (peer.path() instanceof PlannedPeer.Path.Tunnelled path) {
        paths.put(path.mac(), path);
      }
    }
    snapshot.peers().stream()
        .map(Peer::vtepMac)
        .filter(mac -> !paths.containsKey(mac))
        .forEach(withoutPath::add);
    this.letIn = desired.tunnelFilter().map(filter -> new HashSet<>(filter.peers()));
    for (NextHopObject object : actual.nextHops()) {
      nextHops.add(object.id());
    }
    for (Route route : actual.routes()) {
      routed.add(route.destination());
    }
  }

  /**
   * The table of a plan; empty where a peer cannot be judged by itself: plain routes depend on the
   * ways of the host, what is remembered may be so no more, and where devices or the tunnel's
   * filter are not as planned there is nothing to add to.
   *
   * @param facts what the kernel has now
   * @param remaining what is left to do
   */
  public static Optional<PeerTable> of(
      ClusterSnapshot snapshot,
      NodeFacts facts,
      Plan plan,
      ActualState actual,
      List<StateChange> remaining) {
    boolean tunnelled =
        snapshot.network().backend() instanceof Backend.Vxlan vxlan && !vxlan.directRouting();
    return tunnelled && isFiltered(plan, actual) && !snapshot.remembered() && areOfOthers(remaining)
        ? Optional.of(new PeerTable(snapshot, facts, plan, actual))
        : Optional.empty();
  }

  private static boolean isFiltered(Plan plan, ActualState actual) {
    return plan.desired().tunnelFilter().isEmpty()
        || actual.tunnelFilter() instanceof TunnelFilterListing.Present;
  }

  private static Map<AddressFamily, String> tunnels(DesiredState desired) {
    Map<AddressFamily, String> tunnels = new EnumMap<>(AddressFamily.class);
    desired.tunnels().forEach(tunnel -> tunnels.put(tunnel.local().family(), tunnel.name()));
    return tunnels;
  }

  /** Whether no peer depends on whether these steps are taken. */
  public static boolean areOfOthers(List<StateChange> steps) {
    return steps.stream()
        .allMatch(
            change ->
                change instanceof StateChange.AttachPort
                    || change instanceof StateChange.EnsureSysctl && change.isDispensable()
                    || change.concernsProbe());
  }

  /**
   * Whether these peers are what the table has, besides those that came later.
   *
   * @param later none of which is in the snapshot
   */
  public boolean isOf(ClusterSnapshot snapshot, List<Arrival> later) {
    return snapshot.network().equals(network)
        && snapshot.self().equals(self)
        && !snapshot.remembered()
        && known.size() == snapshot.peers().size() + later.size()
        && snapshot.peers().stream().allMatch(this::knows);
  }

  /**
   * Whether the table is still what {@link #of} would give for a plan of the peers it is of, and
   * those that came later, where nothing of theirs is left to do.
   */
  public boolean stands(NodeFacts facts, Plan plan, ActualState actual) {
    return facts.addresses().equals(addresses)
        && plan.podMtu() == podMtu
        && tunnels(plan.desired()).equals(tunnels)
        && plan.desired().tunnelFilter().isPresent() == letIn.isPresent()
        && isFiltered(plan, actual)
        && actual.nextHops().stream().map(NextHopObject::id).allMatch(nextHops::contains)
        && actual.routes().stream().map(Route::destination).allMatch(routed::contains);
  }

  /** Whether a peer was in the snapshot, or came since, just as it is. */
  public boolean knows(Peer peer) {
    return peer.equals(known.get(peer.block()));
  }

  /**
   * Takes in a peer that is new; empty where the plan of all peers has to say what becomes of it.
   */
  public Optional<Arrival> add(Peer peer) {
    if (known.containsKey(peer.block()) || routed.contains(peer.block())) {
      return Optional.empty();
    }
    return path(peer)
        .filter(path -> planner.add(peer).isPresent())
        .flatMap(path -> arrival(peer, path));
  }

  /** As {@link PeerPlanner#route} decides it; the second tunnel is made by the plan only. */
  private Optional<PlannedPeer.Path> path(Peer peer) {
    for (AddressFamily family : AddressFamily.values()) {
      Optional<IpAddress> vtep =
          peer.nodeIps().stream().filter(address -> address.family() == family).findFirst();
      if (vtep.isPresent() && tunnels.containsKey(family)) {
        PlannedPeer.Path path =
            new PlannedPeer.Path.Tunnelled(tunnels.get(family), vtep.get(), peer.vtepMac());
        // While the objects of a node disagree, the older one counts; and where it had no way for
        // its other blocks, these get one, too.
        return Optional.of(path)
            .filter(p -> p.equals(paths.getOrDefault(peer.vtepMac(), p)))
            .filter(p -> !withoutPath.contains(peer.vtepMac()));
      }
    }
    return Optional.empty();
  }

  private Optional<Arrival> arrival(Peer peer, PlannedPeer.Path path) {
    PlannedPeer planned =
        new PlannedPeer(peer.node(), peer.block(), path, PeerPlanner.mtu(peer, podMtu));
    PlannedRoute route = planned.route();
    if (route.usesNextHop() && !nextHops.add(route.preferredNextHop())) {
      return Optional.empty();
    }
    List<StateChange> steps = new ArrayList<>();
    letIn.ifPresent(
        addresses -> {
          Set<IpAddress> fresh = new HashSet<>(peer.nodeIps());
          fresh.removeIf(address -> !addresses.add(address));
          if (!fresh.isEmpty()) {
            steps.add(new StateChange.AddTunnelPeers(fresh));
          }
        });
    if (paths.put(peer.vtepMac(), path) == null
        && path instanceof PlannedPeer.Path.Tunnelled tunnel) {
      steps.add(new StateChange.PutFdb(tunnel.device(), tunnel.mac(), tunnel.vtep()));
    }
    steps.add(new StateChange.PutNeighbour(path.device(), route.gateway(), peer.vtepMac()));
    steps.add(
        new StateChange.PutRoute(route, route.usesNextHop() ? route.preferredNextHop() : 0, false));
    known.put(peer.block(), peer);
    routed.add(peer.block());
    return Optional.of(new Arrival(planned, Set.copyOf(peer.nodeIps()), steps));
  }
}
