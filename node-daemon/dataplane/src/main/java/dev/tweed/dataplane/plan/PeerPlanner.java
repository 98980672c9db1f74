package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.ip.Ipv6Address;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Judges peers and decides how each is reached. What a peer says is hostile until proven sound: one
 * that claims what cannot be its own is left out with a reason, and changes nothing for the others.
 * Where two claim the same, the earlier in the snapshot keeps it.
 */
final class PeerPlanner {

  /**
   * A sound peer.
   *
   * @param addresses its sound node addresses, at most one of each family
   */
  record Candidate(Peer peer, List<IpAddress> addresses) {

    /** Its address of this family. */
    Optional<IpAddress> address(AddressFamily family) {
      for (IpAddress address : addresses) {
        if (address.family() == family) {
          return Optional.of(address);
        }
      }
      return Optional.empty();
    }
  }

  /** The sound peers and what is wrong with the others. */
  record Judgement(List<Candidate> candidates, List<Finding> findings) {}

  private static final int IPV4_LEAST_MTU = 576; // what every host takes, RFC 791
  private static final int IPV6_LEAST_MTU = 1280; // RFC 8200 section 5

  private final ClusterSnapshot snapshot;
  private final NodeFacts facts;
  private final Set<IpAddress> localAddresses = new HashSet<>();

  // Of the sound peers.
  private final DisjointPrefixes blocks = new DisjointPrefixes();
  private final Map<IpAddress, String> addressOwners = new HashMap<>();
  private final Map<MacAddress, String> macOwners = new HashMap<>();

  PeerPlanner(ClusterSnapshot snapshot, NodeFacts facts) {
    this.snapshot = snapshot;
    this.facts = facts;
    localAddresses.addAll(snapshot.self().nodeIps());
    for (Address address : facts.addresses()) {
      localAddresses.add(address.prefix().address());
    }
  }

  /** Separates sound peers from others; called once. */
  Judgement judge() {
    List<Candidate> candidates = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    for (Peer peer : snapshot.peers()) {
      List<IpAddress> addresses = new ArrayList<>(2);
      Optional<Fault> fault = fault(peer, addresses);
      if (fault.isPresent()) {
        findings.add(
            new Finding(
                Reason.InvalidPeer,
                peer.node() + " " + peer.block(),
                "peer " + peer.node() + " is left out: " + fault.get().what(),
                fault.get().remedy()));
      } else {
        candidates.add(claim(peer, addresses));
      }
    }
    return new Judgement(candidates, findings);
  }

  /**
   * Takes in one more after {@link #judge}, whatever its age: one that claims nothing that another
   * sound peer has, and of whose addresses none is wrong. Empty for any other.
   */
  Optional<Candidate> add(Peer peer) {
    List<IpAddress> addresses = new ArrayList<>(2);
    return fault(peer, addresses).isEmpty()
            && peer.nodeIps().stream()
                .allMatch(
                    address ->
                        addressFault(address).isEmpty()
                            && sharedFault(peer.node(), address).isEmpty())
        ? Optional.of(claim(peer, addresses))
        : Optional.empty();
  }

  /**
   * @param addresses is given its sound ones, at most one of each family
   */
  private Optional<Fault> fault(Peer peer, List<IpAddress> addresses) {
    return nameFault(peer)
        .or(() -> blockFault(peer.block()))
        .or(() -> macFault(peer))
        .map(Fault::new)
        .or(() -> addressFault(peer, addresses));
  }

  private Candidate claim(Peer peer, List<IpAddress> addresses) {
    blocks.add(peer.block());
    addresses.forEach(address -> addressOwners.put(address, peer.node()));
    macOwners.put(peer.vtepMac(), peer.node());
    return new Candidate(peer, List.copyOf(addresses));
  }

  /** Why a peer is left out, and what to do. */
  private record Fault(String what, String remedy) {
    Fault(String what) {
      this(what, "look at it with: kubectl get nodesubnets -o wide");
    }

    /** One address on two machines; {@code other} has it, too. */
    static Fault ofShared(String what, String node, String other) {
      return new Fault(
          what,
          "give node %s an address of its own: the kubelet's --node-ip, if it took a virtual IP that %s has now; if it is a clone, another address and /etc/machine-id"
              .formatted(node, other));
    }

    Fault of(IpAddress address) {
      return new Fault("its node address " + address + " " + what, remedy);
    }
  }

  private Optional<String> nameFault(Peer peer) {
    return peer.node().equals(snapshot.self().name())
        ? Optional.of("it has the name of this node")
        : Optional.empty();
  }

  private Optional<String> blockFault(IpPrefix block) {
    if (!block.isCanonical()) {
      return Optional.of("its block " + block + " has host bits set");
    }
    if (!isInPools(block)) {
      return Optional.of("its block " + block + " lies outside the pools of the network");
    }
    for (IpPrefix own : snapshot.self().blocks()) {
      if (own.overlaps(block)) {
        return Optional.of("its block " + block + " overlaps this node's " + own);
      }
    }
    return blocks
        .overlapping(block)
        .map(other -> "its block " + block + " overlaps an older peer's " + other);
  }

  private boolean isInPools(IpPrefix prefix) {
    for (IpPrefix pool : snapshot.network().podCidrs()) {
      if (pool.contains(prefix)) {
        return true;
      }
    }
    return false;
  }

  private Optional<String> macFault(Peer peer) {
    MacAddress mac = peer.vtepMac();
    if (mac.isZero() || mac.isMulticast()) {
      return Optional.of("its VTEP MAC address " + mac + " is no address of a device");
    }
    if (mac.equals(snapshot.self().vtepMac())) {
      return Optional.of("its VTEP MAC address " + mac + " is this node's");
    }
    String owner = macOwners.get(mac);
    return owner == null || owner.equals(peer.node())
        ? Optional.empty()
        : Optional.of("its VTEP MAC address " + mac + " is that of the older peer " + owner);
  }

  private Optional<Fault> addressFault(Peer peer, List<IpAddress> usable) {
    Optional<Fault> first = Optional.empty();
    for (IpAddress address : peer.nodeIps()) {
      Optional<Fault> fault =
          addressFault(address)
              .map(Fault::new)
              .or(() -> sharedFault(peer.node(), address))
              .map(found -> found.of(address));
      if (fault.isPresent()) {
        first = first.or(() -> fault);
      } else {
        if (usable.isEmpty() || usable.getFirst().family() != address.family()) {
          usable.add(address);
        }
      }
    }
    return usable.isEmpty()
        ? first.or(() -> Optional.of(new Fault("it has no node address")))
        : Optional.empty();
  }

  private Optional<Fault> sharedFault(String node, IpAddress address) {
    if (localAddresses.contains(address)) {
      return Optional.of(Fault.ofShared("is this node's own", node, "this node"));
    }
    String owner = addressOwners.get(address);
    return owner == null || owner.equals(node)
        ? Optional.empty()
        : Optional.of(Fault.ofShared("is that of the older peer " + owner, node, owner));
  }

  private Optional<String> addressFault(IpAddress address) {
    if (address.isUnspecified()
        || address.isMulticast()
        || address.isLoopback()
        || isReserved(address)) {
      return Optional.of("is no address of a node");
    }
    if (address.isLinkLocal()) {
      return Optional.of("is link-local");
    }
    if (isInPools(IpPrefix.host(address))) {
      // Its packets would be sent into the tunnel they come out of.
      return Optional.of("lies inside the pod network");
    }
    return Optional.empty();
  }

  private static boolean isReserved(IpAddress address) {
    return switch (address) {
      // 0.0.0.0/8 and 240.0.0.0/4 with the limited broadcast address (RFC 1122, RFC 1112).
      case Ipv4Address v4 -> v4.value() >>> 24 == 0 || v4.value() >>> 28 == 0xf;
      // ::/96 and ::ffff:0:0/96, IPv4 in IPv6's clothes (RFC 4291 section 2.5.5).
      case Ipv6Address v6 -> v6.high() == 0 && (v6.low() >>> 32 == 0 || v6.low() >>> 32 == 0xffff);
    };
  }

  /** How the sound peers are reached, and which cannot be. */
  record Paths(List<PlannedPeer> peers, List<Finding> findings) {}

  /**
   * Decides the way to each candidate.
   *
   * @param tunnelOf the tunnel device over an underlay family, when this node has one
   * @param podMtu MTU of this node's pods
   */
  Paths route(
      List<Candidate> candidates, Function<AddressFamily, Optional<String>> tunnelOf, int podMtu) {
    List<PlannedPeer> peers = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    Map<MacAddress, PlannedPeer.Path> tunnels = new HashMap<>();
    for (Candidate candidate : candidates) {
      Peer peer = candidate.peer();
      Optional<PlannedPeer.Path> path =
          switch (snapshot.network().backend()) {
            case Backend.HostGateway host -> direct(candidate);
            case Backend.Vxlan vxlan when vxlan.directRouting() ->
                direct(candidate).or(() -> tunnelled(candidate, tunnelOf, tunnels));
            case Backend.Vxlan vxlan -> tunnelled(candidate, tunnelOf, tunnels);
          };
      path.ifPresentOrElse(
          found -> peers.add(new PlannedPeer(peer.node(), peer.block(), found, mtu(peer, podMtu))),
          () -> findings.add(unreachable(candidate)));
    }
    return new Paths(peers, findings);
  }

  /** What the peer's pods take, where it can be so and is less. */
  static int mtu(Peer peer, int podMtu) {
    int least = peer.block().family() == AddressFamily.IPV4 ? IPV4_LEAST_MTU : IPV6_LEAST_MTU;
    return peer.mtu() >= least && peer.mtu() < podMtu ? peer.mtu() : 0;
  }

  private static Optional<PlannedPeer.Path> tunnelled(
      Candidate candidate,
      Function<AddressFamily, Optional<String>> tunnelOf,
      Map<MacAddress, PlannedPeer.Path> known) {
    MacAddress mac = candidate.peer().vtepMac();
    // A MAC address has one VTEP: while the objects of a node disagree, the older one counts.
    PlannedPeer.Path earlier = known.get(mac);
    if (earlier != null) {
      return Optional.of(earlier);
    }
    for (AddressFamily family : AddressFamily.values()) {
      Optional<IpAddress> vtep = candidate.address(family);
      Optional<String> device = tunnelOf.apply(family);
      if (vtep.isPresent() && device.isPresent()) {
        PlannedPeer.Path path = new PlannedPeer.Path.Tunnelled(device.get(), vtep.get(), mac);
        known.put(mac, path);
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  private Optional<PlannedPeer.Path> direct(Candidate candidate) {
    Optional<IpAddress> gateway = candidate.address(candidate.peer().block().family());
    if (gateway.isEmpty()) {
      return Optional.empty();
    }
    Route way = facts.routesTo().get(gateway.get());
    if (way == null || way.gateway().isPresent() || !way.multipath().isEmpty()) {
      return Optional.empty();
    }
    return facts
        .link(way.linkIndex())
        .filter(link -> !link.isLoopback() && link.vxlan().isEmpty())
        // WireGuard, ipip and tun devices drop what is not for their own addresses; a dummy drops
        // all.
        .filter(link -> !link.isNoArp() && !link.kind().equals(Optional.of("dummy")))
        .filter(link -> !link.name().equals(snapshot.network().bridgeName()))
        .map(Link::name)
        .map(device -> new PlannedPeer.Path.Direct(device, gateway.get()));
  }

  private Finding unreachable(Candidate candidate) {
    Peer peer = candidate.peer();
    String why;
    String remedy;
    switch (snapshot.network().backend()) {
      case Backend.HostGateway host -> {
        why =
            " is not on a link of this node, so no plain route can reach its block " + peer.block();
        remedy = "use backend type VXLAN, or attach both nodes to one link";
      }
      case Backend.Vxlan vxlan -> {
        why =
            " and this node have no address family in common: it has "
                + candidate.addresses()
                + ", this node "
                + snapshot.self().nodeIps();
        remedy = "give both an InternalIP of the same family";
      }
    }
    return new Finding(
        Reason.InvalidPeer, peer.node() + " " + peer.block(), "peer " + peer.node() + why, remedy);
  }
}
