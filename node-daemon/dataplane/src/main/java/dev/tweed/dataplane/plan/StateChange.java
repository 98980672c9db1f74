package dev.tweed.dataplane.plan;

import dev.tweed.dataplane.Change;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.nft.NfTableContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One step from actual to desired state. Devices are named, since they may not exist yet when the
 * step is planned.
 */
public sealed interface StateChange {

  /**
   * Removes a device.
   *
   * @param index its index, so that no other device of that name is hit
   * @param why for people
   */
  record DeleteLink(int index, String name, String why) implements StateChange {}

  /** Makes a VXLAN device, down. */
  record CreateTunnel(TunnelDevice tunnel) implements StateChange {}

  /** Makes the bridge, down. */
  record CreateBridge(BridgeDevice bridge) implements StateChange {}

  /** Changes attributes of a device that is there; an empty one stays as it is. */
  record SetLink(
      String name,
      OptionalInt mtu,
      Optional<MacAddress> mac,
      Optional<String> alias,
      OptionalInt txQueueLength)
      implements StateChange {
    /** Refuses nulls. */
    public SetLink {
      Objects.requireNonNull(mtu, "mtu");
      Objects.requireNonNull(mac, "mac");
      Objects.requireNonNull(alias, "alias");
      Objects.requireNonNull(txQueueLength, "txQueueLength");
    }

    /** What has to be changed of a device, if anything. */
    static Optional<SetLink> of(
        Link link, int mtu, MacAddress mac, String alias, OptionalInt txQueueLength) {
      SetLink change =
          new SetLink(
              link.name(),
              link.mtu() == mtu ? OptionalInt.empty() : OptionalInt.of(mtu),
              Optional.of(mac).filter(m -> !link.mac().equals(Optional.of(m))),
              Optional.of(alias).filter(a -> !link.alias().equals(Optional.of(a))),
              txQueueLength.isPresent() && txQueueLength.getAsInt() != link.txQueueLength()
                  ? txQueueLength
                  : OptionalInt.empty());
      return Optional.of(change).filter(c -> !c.isEmpty());
    }

    /** Whether nothing would be changed. */
    public boolean isEmpty() {
      return mtu.isEmpty() && mac.isEmpty() && alias.isEmpty() && txQueueLength.isEmpty();
    }

    private String attributes() {
      List<String> parts = new ArrayList<>();
      mtu.ifPresent(value -> parts.add("mtu " + value));
      mac.ifPresent(value -> parts.add("address " + value));
      alias.ifPresent(value -> parts.add("alias " + value));
      txQueueLength.ifPresent(value -> parts.add("txqueuelen " + value));
      return String.join(" ", parts);
    }
  }

  /**
   * Switches off what would make a bridge keep back frames of pods: spanning tree and VLANs.
   *
   * @param filters whether it filters VLANs now
   */
  record ResetBridge(String name, boolean filters) implements StateChange {}

  /** Takes a device up. */
  record SetUp(String name) implements StateChange {}

  /**
   * Makes a pod's device a port of the bridge again.
   *
   * @param index of the pod's device
   * @param port its name
   * @param hairpin whether the port then sends back what came from it, where asked to
   */
  record AttachPort(int index, String port, String bridge, boolean hairpin)
      implements StateChange {}

  /**
   * Writes a sysctl unless it turns out to be right.
   *
   * @param setting what is wanted
   * @param owner device it belongs to; empty for the node's
   */
  record EnsureSysctl(SysctlSetting setting, Optional<String> owner) implements StateChange {}

  /** Gives a device an address. */
  record AddAddress(String name, IpPrefix prefix) implements StateChange {}

  /** Takes an address from a device. */
  record RemoveAddress(String name, Address address) implements StateChange {}

  /** Says behind which VTEP a peer's tunnel device is. */
  record PutFdb(String name, MacAddress mac, IpAddress vtep) implements StateChange {}

  /** Forgets an FDB entry. */
  record RemoveFdb(String name, FdbEntry entry) implements StateChange {}

  /** Says which MAC address a tunnel's next hop has. */
  record PutNeighbour(String name, IpAddress address, MacAddress mac) implements StateChange {}

  /** Forgets a neighbour. */
  record RemoveNeighbour(String name, Neighbour neighbour) implements StateChange {}

  /**
   * Adds a route before those of the same destination and metric, with its nexthop object.
   *
   * @param nextHopId id of the object; 0 when it goes by none
   * @param replacing whether it takes the place of the first of them instead; IPv6 knows no before
   */
  record PutRoute(PlannedRoute route, long nextHopId, boolean replacing) implements StateChange {}

  /** Removes a route. */
  record RemoveRoute(Route route) implements StateChange {}

  /** Removes a nexthop object that no route of ours uses. */
  record RemoveNextHop(NextHopObject nextHop) implements StateChange {}

  /** Puts our nftables table in place of what is there. */
  record ReplaceRules(NfTableContent rules, Change.Action action, boolean required)
      implements StateChange {}

  /** Removes our nftables table. */
  record RemoveRules() implements StateChange {}

  /** Puts the tunnel's filter in place of what is there, with all its peers. */
  record PutTunnelFilter(TunnelFilter filter, Change.Action action) implements StateChange {}

  /** Lets these send to the tunnel. */
  record AddTunnelPeers(Set<IpAddress> peers) implements StateChange {
    /** Copies the set. */
    public AddTunnelPeers {
      peers = Set.copyOf(peers);
    }
  }

  /** Lets these send to the tunnel no more. */
  record RemoveTunnelPeers(Set<IpAddress> peers) implements StateChange {
    /** Copies the set. */
    public RemoveTunnelPeers {
      peers = Set.copyOf(peers);
    }
  }

  /** Removes the tunnel's filter. */
  record RemoveTunnelFilter() implements StateChange {}

  /** Makes the probe's pair of devices, down. */
  record CreateProbe(ProbeDevice probe) implements StateChange {}

  /** Makes the probe's port one of the bridge. */
  record JoinBridge(String port, String bridge) implements StateChange {}

  /** Adds a route to the probe's table. */
  record PutProbeRoute(ProbeRoute route) implements StateChange {}

  /** Takes an address of a device from the table of all the host's own addresses. */
  record RemoveLocalRoute(String name, IpAddress address) implements StateChange {}

  /** Adds a routing rule. */
  record PutRule(RoutingRule rule) implements StateChange {}

  /** Removes a routing rule. */
  record RemoveRule(RoutingRule rule) implements StateChange {}

  /** What kind of object it changes. */
  default Change.Kind kind() {
    return switch (this) {
      case DeleteLink _, CreateTunnel _, CreateBridge _, SetLink _, SetUp _, AttachPort _ ->
          Change.Kind.LINK;
      case CreateProbe _, JoinBridge _, ResetBridge _ -> Change.Kind.LINK;
      case EnsureSysctl _ -> Change.Kind.SYSCTL;
      case AddAddress _, RemoveAddress _ -> Change.Kind.ADDRESS;
      case PutFdb _, RemoveFdb _ -> Change.Kind.FDB;
      case PutNeighbour _, RemoveNeighbour _ -> Change.Kind.NEIGHBOUR;
      case PutRoute _, RemoveRoute _, RemoveNextHop _, PutProbeRoute _, RemoveLocalRoute _ ->
          Change.Kind.ROUTE;
      case PutRule _, RemoveRule _ -> Change.Kind.RULE;
      case ReplaceRules _, RemoveRules _ -> Change.Kind.NFT;
      case PutTunnelFilter _, AddTunnelPeers _, RemoveTunnelPeers _, RemoveTunnelFilter _ ->
          Change.Kind.FILTER;
    };
  }

  /** What it does to it. */
  default Change.Action action() {
    return switch (this) {
      case CreateTunnel _, CreateBridge _, AddAddress _, PutFdb _, PutNeighbour _, PutRoute _ ->
          Change.Action.ADDED;
      case CreateProbe _, PutProbeRoute _, PutRule _, AddTunnelPeers _ -> Change.Action.ADDED;
      case SetLink _, SetUp _, AttachPort _, JoinBridge _, EnsureSysctl _, ResetBridge _ ->
          Change.Action.CHANGED;
      case DeleteLink _, RemoveAddress _, RemoveFdb _, RemoveNeighbour _, RemoveRoute _ ->
          Change.Action.REMOVED;
      case RemoveNextHop _, RemoveRules _, RemoveLocalRoute _, RemoveRule _ ->
          Change.Action.REMOVED;
      case RemoveTunnelPeers _, RemoveTunnelFilter _ -> Change.Action.REMOVED;
      case ReplaceRules replace -> replace.action;
      case PutTunnelFilter put -> put.action;
    };
  }

  /** Which object, for people; as {@code ip} and {@code bridge} of iproute2 name it. */
  default String object() {
    return switch (this) {
      case DeleteLink delete -> delete.name;
      case CreateTunnel create -> create.tunnel.name();
      case CreateBridge create -> create.bridge.name();
      case SetLink set -> set.name;
      case ResetBridge reset -> reset.name;
      case SetUp set -> set.name;
      case AttachPort attach -> attach.port;
      case EnsureSysctl ensure -> "net/" + ensure.setting.path();
      case AddAddress add -> add.prefix + " dev " + add.name;
      case RemoveAddress remove -> remove.address.prefix() + " dev " + remove.name;
      case PutFdb put -> put.mac + " dev " + put.name;
      case RemoveFdb remove -> remove.entry.mac() + " dev " + remove.name;
      case PutNeighbour put -> put.address + " dev " + put.name;
      case RemoveNeighbour remove -> remove.neighbour.address() + " dev " + remove.name;
      case PutRoute put -> put.route.destination().toString();
      case RemoveRoute remove -> remove.route.destination().toString();
      case RemoveNextHop remove -> nextHop(remove.nextHop.id());
      case CreateProbe _ -> ProbeDevice.NAME;
      case JoinBridge join -> join.port;
      case PutProbeRoute put -> put.route + " table " + ProbeDevice.TABLE;
      case RemoveLocalRoute remove -> "local " + remove.address + " table local";
      case PutRule put -> text(put.rule);
      case RemoveRule remove -> text(remove.rule);
      case ReplaceRules _, RemoveRules _ -> "table " + RulesetCompiler.TABLE;
      case PutTunnelFilter _, AddTunnelPeers _, RemoveTunnelPeers _, RemoveTunnelFilter _ ->
          "table " + TunnelFilterCompiler.TABLE;
    };
  }

  /** What exactly, for people; may be empty. */
  default String detail() {
    return switch (this) {
      case DeleteLink delete -> delete.why;
      case SetLink set -> set.attributes();
      case SetUp _ -> "up";
      case ResetBridge reset -> "stp_state 0" + (reset.filters ? " vlan_filtering 0" : "");
      case AttachPort attach -> "master " + attach.bridge + (attach.hairpin ? " hairpin on" : "");
      case PutFdb put -> "dst " + put.vtep;
      case RemoveFdb remove -> remove.entry.vtep().map(vtep -> "dst " + vtep).orElse("");
      case PutNeighbour put -> "lladdr " + put.mac;
      case PutRoute put -> "via " + put.route.gateway() + " dev " + put.route.device();
      case RemoveRoute remove -> remove.route.gateway().map(via -> "via " + via).orElse("");
      case RemoveNextHop remove -> remove.nextHop.gateway().map(via -> "via " + via).orElse("");
      case JoinBridge join -> "master " + join.bridge;
      case PutProbeRoute _ -> "dev " + ProbeDevice.NAME;
      case RemoveLocalRoute remove -> "dev " + remove.name;
      case CreateProbe _, PutRule _, RemoveRule _ -> "";
      case CreateTunnel _, CreateBridge _, EnsureSysctl _, AddAddress _, RemoveAddress _ -> "";
      case RemoveNeighbour _, ReplaceRules _, RemoveRules _, RemoveTunnelFilter _ -> "";
      case PutTunnelFilter put -> put.filter.peers().size() + " peers";
      case AddTunnelPeers add -> some(add.peers);
      case RemoveTunnelPeers remove -> some(remove.peers);
    };
  }

  /** Device that must exist for it; empty when it needs none. */
  default Optional<String> device() {
    return switch (this) {
      case SetLink set -> Optional.of(set.name);
      case ResetBridge reset -> Optional.of(reset.name);
      case SetUp set -> Optional.of(set.name);
      case AttachPort attach -> Optional.of(attach.bridge);
      case EnsureSysctl ensure -> ensure.owner;
      case AddAddress add -> Optional.of(add.name);
      case PutFdb put -> Optional.of(put.name);
      case PutNeighbour put -> Optional.of(put.name);
      case PutRoute put -> Optional.of(put.route.device());
      case JoinBridge join -> Optional.of(join.port);
      case PutProbeRoute _ -> Optional.of(ProbeDevice.NAME);
      case RemoveLocalRoute remove -> Optional.of(remove.name);
      case CreateProbe _, PutRule _, RemoveRule _ -> Optional.empty();
      case DeleteLink _, CreateTunnel _, CreateBridge _, ReplaceRules _ -> Optional.empty();
      case RemoveAddress _, RemoveFdb _, RemoveNeighbour _, RemoveRoute _, RemoveNextHop _ ->
          Optional.empty();
      case RemoveRules _ -> Optional.empty();
      case PutTunnelFilter _, AddTunnelPeers _, RemoveTunnelPeers _, RemoveTunnelFilter _ ->
          Optional.empty();
    };
  }

  /** Whether it concerns one peer only, so that its failure leaves the rest working. */
  default boolean concernsPeer() {
    return switch (kind()) {
      case FDB, NEIGHBOUR, ROUTE -> !(this instanceof RemoveLocalRoute);
      case FILTER -> this instanceof AddTunnelPeers || this instanceof RemoveTunnelPeers;
      default -> false;
    };
  }

  /** Whether what it does follows from which nexthop objects there are. */
  default boolean concernsNextHops() {
    return switch (this) {
      case PutRoute _, RemoveRoute _, RemoveNextHop _ -> true;
      default -> false;
    };
  }

  /** Whether it concerns the probe device, on which no pod depends. */
  default boolean concernsProbe() {
    return switch (this) {
      case CreateProbe _, PutRule _, RemoveRule _ -> true;
      case DeleteLink delete -> ProbeDevice.isName(delete.name);
      case RemoveAddress remove -> ProbeDevice.isName(remove.name);
      case RemoveNeighbour remove -> ProbeDevice.isName(remove.name);
      case RemoveRoute remove -> remove.route.table() == ProbeDevice.TABLE;
      default -> device().filter(ProbeDevice::isName).isPresent();
    };
  }

  /** What a nexthop object is called as {@link #object}. */
  static String nextHop(long id) {
    return "nexthop id " + id;
  }

  private static String some(Set<IpAddress> peers) {
    return peers.size() == 1
        ? peers.iterator().next().toString()
        : peers.stream()
                .sorted()
                .limit(3)
                .map(IpAddress::toString)
                .collect(Collectors.joining(", "))
            + (peers.size() > 3 ? " and " + (peers.size() - 3) + " more" : "");
  }

  private static String text(RoutingRule rule) {
    return "%d: from %s%s lookup %d"
        .formatted(
            rule.preference(),
            rule.source().map(IpPrefix::toString).orElse("all"),
            rule.inputDevice().map(device -> " iif " + device).orElse(""),
            rule.table());
  }

  /** Whether this node works, and its other peers, when it is left undone. */
  default boolean isDispensable() {
    return concernsProbe() || isDispensableToPods();
  }

  private boolean isDispensableToPods() {
    return switch (this) {
      // Pods reach each other without it.
      case PutTunnelFilter _, RemoveTunnelFilter _ -> true;
      case EnsureSysctl ensure -> ensure.setting.need() != SysctlSetting.Need.REQUIRED;
      case ReplaceRules replace -> !replace.required;
      default -> concernsPeer();
    };
  }
}
