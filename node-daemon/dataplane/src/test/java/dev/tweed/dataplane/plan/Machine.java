package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.Address;
import dev.tweed.netlink.BridgeInfo;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.OperState;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RoutingRule;
import dev.tweed.netlink.Scope;
import dev.tweed.netlink.VxlanInfo;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfTableContent;
import dev.tweed.netlink.nft.NfTableDiff;
import dev.tweed.netlink.nft.NfTableState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A model of what a kernel does with steps: the parts the planner relies on. Mutable; the real
 * thing is tested elsewhere.
 */
final class Machine {
  static final Marks MARKS = new Marks("tweed:", new RouteProtocol(116));

  private int nextIndex = 1;
  final List<Link> links = new ArrayList<>();
  final List<Address> addresses = new ArrayList<>();
  final List<FdbEntry> fdb = new ArrayList<>();
  final List<Neighbour> neighbours = new ArrayList<>();

  /** In the order of the kernel: of one destination and metric the first counts. */
  final List<Route> routes = new ArrayList<>();

  final List<NextHopObject> nextHops = new ArrayList<>();
  final Map<IpAddress, Route> routesTo = new HashMap<>();
  final List<RoutingRule> routingRules = new ArrayList<>();
  ProbeFacts probeFacts = ProbeFacts.NONE;
  final Map<String, String> sysctls = new TreeMap<>();
  NftListing rules = new NftListing.Absent();
  TunnelFilterListing filter = new TunnelFilterListing.Absent();

  /** With lo and eth0, which has the addresses given. */
  static Machine with(String... eth0Addresses) {
    Machine machine = new Machine();
    machine.add("lo", Optional.empty(), 65536, 0x9);
    Link eth0 = machine.add("eth0", Optional.empty(), 1500, 0x1);
    for (String address : eth0Addresses) {
      machine.addresses.add(Address.global(eth0.index(), IpPrefix.parse(address)));
    }
    machine.sysctls.put("ipv4/ip_forward", "0");
    machine.sysctls.put("ipv6/conf/all/forwarding", "0");
    machine.sysctls.put("ipv4/conf/all/rp_filter", "0");
    machine.sysctls.put("bridge/bridge-nf-call-iptables", "1");
    machine.sysctls.put("bridge/bridge-nf-call-ip6tables", "1");
    machine.sysctls.put("ipv6/conf/eth0/accept_ra", "1");
    return machine;
  }

  Link add(String name, Optional<String> kind, int mtu, int flags) {
    return add(
        new Link(
            nextIndex++,
            name,
            Optional.of(new MacAddress(0x020000aa0000L + nextIndex)),
            mtu,
            flags,
            OperState.UNKNOWN,
            1000,
            Optional.empty(),
            kind,
            0,
            0,
            0,
            Optional.empty(),
            kind.equals(Optional.of("bridge"))
                ? Optional.of(new BridgeInfo(false, false, true))
                : Optional.empty(),
            Optional.empty(),
            false));
  }

  Link add(Link link) {
    links.add(link);
    if (!link.isLoopback()) {
      for (String file : List.of("accept_ra", "accept_redirects")) {
        sysctls.putIfAbsent("ipv6/conf/" + link.name() + "/" + file, "1");
      }
      sysctls.putIfAbsent("ipv6/conf/" + link.name() + "/disable_ipv6", "0");
      sysctls.putIfAbsent("ipv6/conf/" + link.name() + "/forwarding", "0");
      sysctls.putIfAbsent("ipv4/conf/" + link.name() + "/accept_redirects", "1");
      sysctls.putIfAbsent("ipv4/conf/" + link.name() + "/rp_filter", "1");
      sysctls.putIfAbsent("ipv4/conf/" + link.name() + "/forwarding", "0");
    }
    return link;
  }

  Link addVxlan(String name, VxlanInfo info, Optional<String> alias) {
    Link plain = add(name, Optional.of("vxlan"), 1450, 0x1);
    links.remove(plain);
    Link vxlan =
        new Link(
            plain.index(),
            name,
            plain.mac(),
            1450,
            0x1,
            OperState.UNKNOWN,
            1000,
            alias,
            Optional.of("vxlan"),
            0,
            info.lowerIndex(),
            0,
            Optional.of(info),
            Optional.empty(),
            Optional.empty(),
            false);
    links.add(vxlan);
    return vxlan;
  }

  Link link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst().orElseThrow();
  }

  NodeFacts facts() {
    return new NodeFacts(links, addresses, routesTo, probeFacts, HostRoutes.NONE);
  }

  ActualState actual() {
    Map<Integer, List<FdbEntry>> fdbByLink = new HashMap<>();
    Map<Integer, List<Neighbour>> neighboursByLink = new HashMap<>();
    for (Link link : links) {
      if (link.vxlan().isPresent() && MARKS.owns(link)) {
        fdbByLink.put(
            link.index(), fdb.stream().filter(e -> e.linkIndex() == link.index()).toList());
        neighboursByLink.put(
            link.index(), neighbours.stream().filter(n -> n.linkIndex() == link.index()).toList());
      }
    }
    return new ActualState(
        links,
        addresses,
        fdbByLink,
        neighboursByLink,
        routes.stream().filter(MARKS::owns).toList(),
        nextHops,
        probeState(),
        sysctls,
        rules,
        filter);
  }

  private ProbeState probeState() {
    Optional<Link> device =
        links.stream().filter(link -> link.name().equals(ProbeDevice.NAME)).findFirst();
    return new ProbeState(
        routes.stream()
            .filter(route -> route.table() == ProbeDevice.TABLE)
            .filter(route -> route.protocol().equals(MARKS.routeProtocol()))
            .toList(),
        List.of(),
        routes.stream()
            .filter(route -> route.table() == Route.LOCAL_TABLE)
            .filter(route -> device.filter(d -> d.index() == route.linkIndex()).isPresent())
            .map(route -> route.destination().address())
            .collect(Collectors.toSet()),
        neighbours.stream()
            .filter(n -> device.filter(d -> d.index() == n.linkIndex()).isPresent())
            .toList(),
        routingRules);
  }

  Plan plan(dev.tweed.dataplane.ClusterSnapshot snapshot) {
    return new NodeStatePlanner(MARKS).plan(snapshot, facts(), java.util.Set.of());
  }

  List<StateChange> diff(DesiredState desired) {
    return StateDiff.between(desired, actual(), MARKS).changes();
  }

  /** Plans and applies. */
  DesiredState sync(dev.tweed.dataplane.ClusterSnapshot snapshot) {
    DesiredState desired = plan(snapshot).desired();
    diff(desired).forEach(this::apply);
    return desired;
  }

  void apply(StateChange change) {
    switch (change) {
      case StateChange.DeleteLink delete -> {
        links.removeIf(link -> link.index() == delete.index());
        addresses.removeIf(address -> address.linkIndex() == delete.index());
        fdb.removeIf(entry -> entry.linkIndex() == delete.index());
        neighbours.removeIf(neighbour -> neighbour.linkIndex() == delete.index());
        routes.removeIf(route -> route.linkIndex() == delete.index());
        nextHops.removeIf(object -> object.linkIndex() == delete.index());
        sysctls.keySet().removeIf(path -> path.contains("/conf/" + delete.name() + "/"));
        Optional<Link> peer =
            links.stream()
                .filter(link -> link.kind().equals(Optional.of("veth")))
                .filter(link -> link.lowerIndex() == delete.index())
                .findFirst();
        links.removeAll(peer.stream().toList());
      }
      case StateChange.CreateTunnel create -> {
        TunnelDevice t = create.tunnel();
        if (links.stream().anyMatch(link -> link.name().equals(t.name()))) {
          throw new AssertionError("EEXIST " + t.name());
        }
        VxlanInfo info =
            new VxlanInfo(
                t.vni(),
                t.port(),
                Optional.of(t.local()),
                Optional.empty(),
                t.lowerIndex(),
                false,
                false,
                false,
                false,
                false,
                false);
        add(
            new Link(
                nextIndex++,
                t.name(),
                Optional.of(t.mac()),
                t.mtu(),
                0,
                OperState.DOWN,
                0,
                Optional.of(t.alias()),
                Optional.of("vxlan"),
                0,
                t.lowerIndex(),
                0,
                Optional.of(info),
                Optional.empty(),
                Optional.empty(),
                false));
      }
      case StateChange.CreateBridge create -> {
        BridgeDevice b = create.bridge();
        add(
            new Link(
                nextIndex++,
                b.name(),
                Optional.of(b.mac()),
                b.mtu(),
                0,
                OperState.DOWN,
                1000,
                Optional.of(b.alias()),
                Optional.of("bridge"),
                0,
                0,
                0,
                Optional.empty(),
                Optional.of(new BridgeInfo(false, false, true)),
                Optional.empty(),
                false));
      }
      case StateChange.CreateProbe create -> {
        ProbeDevice p = create.probe();
        int end = nextIndex++;
        int port = nextIndex++;
        add(veth(end, ProbeDevice.NAME, p.mac(), p, port));
        add(veth(port, ProbeDevice.PORT, p.portMac(), p, end));
        sysctls.put("ipv4/conf/" + ProbeDevice.NAME + "/accept_local", "0");
        sysctls.put("ipv4/conf/" + ProbeDevice.NAME + "/arp_ignore", "0");
      }
      case StateChange.JoinBridge join -> {
        int bridge = link(join.bridge()).index();
        replace(join.port(), link -> inMaster(link, bridge));
      }
      case StateChange.PutProbeRoute put -> {
        Route route = put.route().on(link(ProbeDevice.NAME).index(), MARKS.routeProtocol());
        boolean reached =
            route.destination().family() == AddressFamily.IPV6
                || route.gateway().isEmpty()
                || routes.stream()
                    .filter(r -> r.table() == route.table())
                    .anyMatch(r -> r.destination().equals(IpPrefix.host(route.gateway().get())));
        if (!reached) {
          throw new AssertionError("ENETUNREACH " + route);
        }
        routes.add(route);
      }
      case StateChange.RemoveLocalRoute remove ->
          routes.removeIf(
              route ->
                  route.table() == Route.LOCAL_TABLE
                      && route.linkIndex() == link(remove.name()).index()
                      && route.destination().equals(IpPrefix.host(remove.address())));
      case StateChange.PutRule put -> routingRules.add(put.rule());
      case StateChange.RemoveRule remove -> routingRules.remove(remove.rule());
      case StateChange.SetLink set ->
          replace(
              set.name(),
              link ->
                  copy(
                      link,
                      set.mac().or(link::mac),
                      set.mtu().orElse(link.mtu()),
                      link.flags(),
                      set.txQueueLength().orElse(link.txQueueLength()),
                      set.alias().or(link::alias)));
      case StateChange.SetUp up ->
          replace(
              up.name(),
              link ->
                  copy(
                      link,
                      link.mac(),
                      link.mtu(),
                      link.flags() | 1,
                      link.txQueueLength(),
                      link.alias()));
      case StateChange.EnsureSysctl ensure -> {
        String actual = sysctls.get(ensure.setting().path());
        if (actual != null) {
          ensure
              .setting()
              .toWrite(actual, path -> Optional.ofNullable(sysctls.get(path)))
              .ifPresent(value -> sysctls.put(ensure.setting().path(), value));
        }
      }
      case StateChange.ResetBridge reset -> throw new AssertionError("all are plain in this model");
      case StateChange.AttachPort attach -> throw new AssertionError("no ports in this model");
      case StateChange.AddAddress add -> {
        int index = link(add.name()).index();
        boolean probe = add.name().equals(ProbeDevice.NAME);
        addresses.add(
            new Address(index, add.prefix(), probe ? Address.NO_PREFIX_ROUTE : 0, Scope.UNIVERSE));
        routes.add(Route.local(add.prefix().address(), index, RouteProtocol.KERNEL));
      }
      case StateChange.RemoveAddress remove -> addresses.remove(remove.address());
      case StateChange.PutFdb put -> {
        VxlanInfo tunnel = link(put.name()).vxlan().orElseThrow();
        if (filter instanceof TunnelFilterListing.Present present
            && present
                .found()
                .equals(
                    found(
                        TunnelFilterCompiler.content(
                            new TunnelFilter(tunnel.port(), tunnel.vni(), Set.of()))))
            && !present.peers().contains(put.vtep())) {
          throw new AssertionError("sent to, and its answers are dropped: " + put.vtep());
        }
        int index = link(put.name()).index();
        fdb.removeIf(e -> e.linkIndex() == index && e.mac().equals(put.mac()));
        fdb.add(FdbEntry.permanent(index, put.mac(), put.vtep()));
      }
      case StateChange.RemoveFdb remove -> fdb.remove(remove.entry());
      case StateChange.PutNeighbour put -> {
        int index = link(put.name()).index();
        neighbours.removeIf(n -> n.linkIndex() == index && n.address().equals(put.address()));
        neighbours.add(Neighbour.permanent(index, put.address(), put.mac()));
      }
      case StateChange.RemoveNeighbour remove -> neighbours.remove(remove.neighbour());
      case StateChange.PutRoute put -> put(put);
      case StateChange.RemoveRoute remove ->
          routes.remove(
              routes.stream()
                  .filter(route -> deletes(remove.route(), route))
                  .min(Comparator.comparing(Route::metric)) // the first of those
                  .orElseThrow());
      case StateChange.RemoveNextHop remove -> {
        if (!MARKS.owns(remove.nextHop()) || !nextHops.remove(remove.nextHop())) {
          throw new AssertionError("not ours " + remove.nextHop());
        }
        routes.removeIf(route -> route.nextHopId() == remove.nextHop().id());
      }
      case StateChange.ReplaceRules replace -> {
        rules = new NftListing.Present(found(replace.rules()));
      }
      case StateChange.RemoveRules remove -> rules = new NftListing.Absent();
      case StateChange.PutTunnelFilter put -> filter = listing(put.filter());
      case StateChange.AddTunnelPeers add -> {
        Set<IpAddress> peers = new HashSet<>(filtered().peers());
        peers.addAll(add.peers());
        filter = with(peers);
      }
      case StateChange.RemoveTunnelPeers remove -> {
        Set<IpAddress> peers = new HashSet<>(filtered().peers());
        if (!peers.removeAll(remove.peers())) {
          throw new AssertionError("ENOENT " + remove.peers());
        }
        filter = with(peers);
      }
      case StateChange.RemoveTunnelFilter remove -> filter = new TunnelFilterListing.Absent();
    }
  }

  /** A table as the kernel tells it, which gives names to the sets of rules. */
  static NfTableDiff.Found found(NfTableContent content) {
    List<NfRuleState> rules = new ArrayList<>();
    int sets = 0;
    for (NfRule rule : content.rules()) {
      List<NfExpression> steps = new ArrayList<>();
      for (NfExpression step : rule.expressions()) {
        steps.add(
            step instanceof NfExpression.AnyOf
                ? new NfExpression.Lookup("__set" + sets++, false)
                : step);
      }
      rules.add(
          new NfRuleState(
              rules.size() + 1,
              new NfRule(rule.table(), rule.chain(), steps, rule.comment(), rule.digest())));
    }
    return new NfTableDiff.Found(
        new NfTableState(content.table(), false, content.chains().size() + content.sets().size()),
        content.sets(),
        content.chains(),
        rules);
  }

  /** The table of a filter, as it is read. */
  static TunnelFilterListing.Present listing(TunnelFilter filter) {
    return new TunnelFilterListing.Present(
        found(TunnelFilterCompiler.content(filter)), filter.peers(), Set.of(), 0);
  }

  private TunnelFilterListing.Present filtered() {
    return (TunnelFilterListing.Present) filter;
  }

  private TunnelFilterListing.Present with(Set<IpAddress> peers) {
    return new TunnelFilterListing.Present(filtered().found(), peers, Set.of(), 0);
  }

  private void put(StateChange.PutRoute put) {
    int index = link(put.route().device()).index();
    Route route = put.route().on(index, MARKS.routeProtocol(), put.nextHopId());
    if (put.nextHopId() != 0) {
      NextHopObject object = put.route().nextHop(put.nextHopId(), index, MARKS.routeProtocol());
      if (nextHops.stream().anyMatch(is -> is.id() == object.id() && !MARKS.owns(is))) {
        throw new AssertionError("somebody's " + object);
      }
      nextHops.removeIf(is -> is.id() == object.id());
      nextHops.add(object);
    }
    List<Route> same =
        routes.stream()
            .filter(r -> r.destination().equals(route.destination()))
            .filter(r -> r.metric() == route.metric())
            .toList();
    if (put.replacing()) {
      if (!same.isEmpty()) {
        routes.remove(same.getFirst());
      }
    } else if (route.destination().family() == AddressFamily.IPV6 && !same.isEmpty()) {
      throw new AssertionError("becomes multipath " + route + same);
    } else if (same.contains(route)) {
      throw new AssertionError("EEXIST " + route);
    }
    routes.addFirst(route);
  }

  /** What a deletion that names all that a route has does not look at, is metric 0. */
  private static boolean deletes(Route named, Route route) {
    return named.destination().equals(route.destination())
        && named.protocol().equals(route.protocol())
        && (named.metric() == 0 || named.metric() == route.metric())
        && (named.nextHopId() != 0
            ? named.nextHopId() == route.nextHopId()
            : route.nextHopId() == 0
                && named.gateway().equals(route.gateway())
                && named.linkIndex() == route.linkIndex());
  }

  private static Link veth(int index, String name, MacAddress mac, ProbeDevice probe, int peer) {
    return new Link(
        index,
        name,
        Optional.of(mac),
        probe.mtu(),
        0,
        OperState.DOWN,
        1000,
        Optional.of(probe.alias()),
        Optional.of("veth"),
        0,
        peer,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  static Link inMaster(Link link, int master) {
    return new Link(
        link.index(),
        link.name(),
        link.mac(),
        link.mtu(),
        link.flags(),
        link.operState(),
        link.txQueueLength(),
        link.alias(),
        link.kind(),
        master,
        link.lowerIndex(),
        link.group(),
        link.vxlan(),
        link.bridge(),
        link.bridgePort(),
        link.xdp());
  }

  private void replace(String name, java.util.function.UnaryOperator<Link> by) {
    links.replaceAll(link -> link.name().equals(name) ? by.apply(link) : link);
  }

  static Link copy(
      Link link,
      Optional<MacAddress> mac,
      int mtu,
      int flags,
      int txQueueLength,
      Optional<String> alias) {
    return new Link(
        link.index(),
        link.name(),
        mac,
        mtu,
        flags,
        link.operState(),
        txQueueLength,
        alias,
        link.kind(),
        link.masterIndex(),
        link.lowerIndex(),
        link.group(),
        link.vxlan(),
        link.bridge(),
        link.bridgePort(),
        link.xdp());
  }
}
