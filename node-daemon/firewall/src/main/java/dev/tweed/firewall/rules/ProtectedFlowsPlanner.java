package dev.tweed.firewall.rules;

import static dev.tweed.firewall.rules.Direction.IN;
import static dev.tweed.firewall.rules.Direction.OUT;
import static dev.tweed.firewall.rules.Direction.ROUTED;
import static dev.tweed.firewall.rules.ProtectedService.API_SERVER;
import static dev.tweed.firewall.rules.ProtectedService.DHCP;
import static dev.tweed.firewall.rules.ProtectedService.DNS;
import static dev.tweed.firewall.rules.ProtectedService.ETCD;
import static dev.tweed.firewall.rules.ProtectedService.KUBELET;
import static dev.tweed.firewall.rules.ProtectedService.METADATA;
import static dev.tweed.firewall.rules.ProtectedService.PODS;
import static dev.tweed.firewall.rules.ProtectedService.SSH;
import static dev.tweed.firewall.rules.ProtectedService.TUNNEL;
import static dev.tweed.firewall.rules.Protocol.TCP;
import static dev.tweed.firewall.rules.Protocol.UDP;
import static dev.tweed.ip.AddressFamily.IPV4;

import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.rules.ProtectedFlow.Remotes;
import dev.tweed.firewall.rules.ProtectedFlow.Remotes.Each;
import dev.tweed.firewall.rules.ProtectedFlow.Remotes.Somebody;
import dev.tweed.firewall.rules.ProtectedFlow.Way;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lists what has to pass this node's filter, from what the cluster, the node's configuration and
 * those who log people in say. Never from who holds a socket: any process can. Pure.
 */
public final class ProtectedFlowsPlanner {

  // sshd_config(5): keywords in any case, an optional '='; ListenAddress may carry a port.
  private static final Pattern PORT =
      Pattern.compile("(?im)^[ \\t]*Port[ \\t=]+\"?(\\d{1,5})\"?[ \\t]*(?:#.*)?$");
  private static final Pattern LISTEN =
      Pattern.compile(
          "(?im)^[ \\t]*ListenAddress[ \\t=]+\"?(?:\\[[^]\\s]*]|[^:\\s]+):(\\d{1,5})(?![\\d:.a-z]).*$");
  // systemd.socket(5): a port, or an address and a port.
  private static final Pattern STREAM =
      Pattern.compile("(?m)^ListenStream[ \\t]*=[ \\t]*(?:\\S*[:\\]])?(\\d{1,5})[ \\t]*$");
  // sshd(8), in the variable that the service's unit puts behind its command.
  private static final Pattern OPTION =
      Pattern.compile("(?m)^[^#\n]*[\\s=\"']-p[ \\t]*(\\d{1,5})\\b");

  private static final int SSH_PORT = 22;
  private static final int[] ETCD_PORTS = {2379, 2380};

  private static final List<IpAddress> METADATA_ADDRESSES =
      List.of(IpAddress.parse("169.254.169.254"), IpAddress.parse("fd00:ec2::254"));

  /** RFC 8415: All_DHCP_Relay_Agents_and_Servers. */
  private static final IpAddress DHCP_SERVERS = IpAddress.parse("ff02::1:2");

  private static final String AN_API_SERVER = "an API server";
  private static final String ANOTHER_NODE = "another node";

  private final ProtectionFacts facts;
  private final List<IpAddress> nodeIps;
  private final List<IpAddress> nodes;
  private final List<NodeAddress> own;
  private final List<ProtectedFlow> flows = new ArrayList<>();

  private ProtectedFlowsPlanner(ProtectionFacts facts) {
    this.facts = facts;
    this.nodeIps =
        facts.network().stream().flatMap(network -> network.needs().nodeIps().stream()).toList();
    // Of two families the tunnel takes IPv4, which sorts first.
    this.nodes =
        facts.network().stream()
            .flatMap(network -> network.nodes().stream())
            .flatMap(
                addresses ->
                    addresses.stream()
                        .filter(address -> families(nodeIps).contains(address.family()))
                        .sorted()
                        .limit(1))
            .toList();
    // By devices of the pod network nobody comes who cares for the node.
    List<IpPrefix> blocks = facts.network().map(Network::blocks).orElse(List.of());
    this.own =
        facts.node().addresses().stream()
            .filter(one -> blocks.stream().noneMatch(block -> block.contains(one.address())))
            .toList();
  }

  /** What goes where, and who to or from. */
  private record FlowKind(
      ProtectedService service, Direction direction, Protocol protocol, int port, String who) {}

  /**
   * An address of this node.
   *
   * @param device that has it
   * @param internal whether the device leads to nobody outside: a bridge, a dummy device, or one
   *     without a carrier
   * @param leased whether it has it for some time only
   */
  public record NodeAddress(String device, IpAddress address, boolean internal, boolean leased) {}

  /** Where an API server answers; the address is absent if only a name is known. */
  public record Server(Optional<IpAddress> address, int port) {}

  /**
   * What is seen of the node and its cluster.
   *
   * @param node what it tells itself
   * @param kubeletPort where the kubelet serves
   * @param apiServers where API servers themselves answer; empty if that is not known
   * @param waysToApi what leads to them for the daemon, as a Service or a load balancer
   * @param cloud whether the node is a cloud's
   * @param network what it belongs to, if it does
   */
  public record ProtectionFacts(
      NodeFacts node,
      int kubeletPort,
      List<Server> apiServers,
      List<Server> waysToApi,
      boolean cloud,
      Optional<Network> network) {
    public ProtectionFacts {
      apiServers = List.copyOf(apiServers);
      waysToApi = List.copyOf(waysToApi);
    }
  }

  /**
   * The pod network of a node.
   *
   * @param needs what it lives on
   * @param blocks of this node
   * @param nodes addresses of each of the other nodes
   */
  public record Network(
      NetworkNeeds needs, List<IpPrefix> blocks, List<? extends Collection<IpAddress>> nodes) {
    public Network {
      blocks = List.copyOf(blocks);
      nodes = List.copyOf(nodes);
    }
  }

  /** The flows, in a fixed order. */
  public static List<ProtectedFlow> plan(ProtectionFacts facts) {
    return new ProtectedFlowsPlanner(facts).flows();
  }

  private List<ProtectedFlow> flows() {
    sshPorts().forEach(this::ssh);
    apiServers();
    facts.network().ifPresent(this::network);
    FlowKind dns =
        new FlowKind(DNS, OUT, UDP, 53, "which name servers this node asks is not known");
    // One of its own asks others, of whom nothing is known here.
    List<IpAddress> servers =
        facts.node().nameServers().stream().filter(server -> !isOwn(server)).toList();
    eachOrSomebody(dns, servers, "a name server of this node");
    own.stream().filter(NodeAddress::leased).forEach(this::lease);
    if (facts.cloud()) {
      METADATA_ADDRESSES.stream()
          .filter(address -> families().contains(address.family()))
          .forEach(address -> each(new FlowKind(METADATA, OUT, TCP, 80, ""), List.of(address)));
    }
    return List.copyOf(flows);
  }

  private void ssh(int port) {
    Map<IpAddress, String> users = new TreeMap<>(facts.node().sessions().users());
    users.keySet().removeIf(this::isOwn);
    users.forEach(
        (address, user) ->
            each(
                new FlowKind(SSH, IN, TCP, port, "where " + user + " is logged in"),
                List.of(address)));
    if (users.isEmpty()) {
      somebody(new FlowKind(SSH, IN, TCP, port, facts.node().sessions().whyNobody()));
    }
  }

  /** Whom API servers have to reach, and who them. */
  private void apiServers() {
    List<IpAddress> all =
        facts.apiServers().stream().flatMap(server -> server.address().stream()).toList();
    eachOrSomebody(
        new FlowKind(KUBELET, IN, TCP, facts.kubeletPort(), "where API servers run is not known"),
        all,
        AN_API_SERVER);
    for (Server server : facts.apiServers()) {
      if (server.address().filter(this::isOwn).isPresent()) {
        each(new FlowKind(API_SERVER, IN, TCP, server.port(), ANOTHER_NODE), nodes);
        somebody(new FlowKind(API_SERVER, IN, TCP, server.port(), ""));
        for (int port : ETCD_PORTS) {
          each(new FlowKind(ETCD, IN, TCP, port, AN_API_SERVER), all);
          each(new FlowKind(ETCD, OUT, TCP, port, AN_API_SERVER), all);
        }
      }
    }
    facts.apiServers().forEach(server -> reach(server, AN_API_SERVER));
    Stream.concat(facts.waysToApi().stream(), facts.node().kubelet().stream())
        .distinct()
        .forEach(way -> reach(way, "by which this node reaches an API server"));
  }

  private void reach(Server server, String who) {
    eachOrSomebody(
        new FlowKind(API_SERVER, OUT, TCP, server.port(), "its address is not known"),
        server.address().stream().toList(),
        who);
  }

  private void network(Network network) {
    NetworkNeeds needs = network.needs();
    for (Direction direction : List.of(IN, OUT)) {
      needs
          .tunnel()
          .ifPresent(
              tunnel ->
                  each(new FlowKind(TUNNEL, direction, UDP, tunnel.port(), ANOTHER_NODE), nodes));
    }
    Optional<String> bridge = Optional.of(needs.bridge());
    for (IpPrefix block : network.blocks()) {
      List<IpPrefix> pools =
          needs.podCidrs().stream()
              .filter(pool -> pool.family() == block.family() && !block.contains(pool))
              .toList();
      Way fromNode = new Way(IpPrefix.any(block.family()), Optional.empty(), bridge);
      FlowKind probes = new FlowKind(PODS, OUT, TCP, 0, "which the kubelet probes");
      add(probes, false, List.of(fromNode), new Somebody(List.of(block)));
      for (Optional<String> others :
          pools.isEmpty() ? List.<Optional<String>>of() : needs.toNodes()) {
        for (Protocol protocol : List.of(TCP, UDP)) {
          FlowKind routed = new FlowKind(PODS, ROUTED, protocol, 0, "");
          add(routed, true, List.of(new Way(block, others, bridge)), new Somebody(pools));
          add(routed, false, List.of(new Way(block, bridge, others)), new Somebody(pools));
        }
      }
      Somebody here = new Somebody(List.of(block));
      for (Protocol protocol : List.of(TCP, UDP)) {
        FlowKind bridged = new FlowKind(PODS, ROUTED, protocol, 0, "of this node to each other");
        add(bridged, true, List.of(new Way(block, bridge, bridge)), here);
      }
    }
  }

  /** Renewals; answers pass each firewall before any rule. A DHCPv6 client asks from fe80::. */
  private void lease(NodeAddress address) {
    AddressFamily family = address.address().family();
    boolean ipv4 = family == IPV4;
    IpPrefix near = ipv4 ? IpPrefix.host(address.address()) : IpPrefix.any(family);
    add(
        new FlowKind(
            DHCP, OUT, UDP, ipv4 ? 67 : 547, "by which " + address.device() + " has its address"),
        false,
        List.of(way(OUT, near, Optional.of(address.device()))),
        ipv4
            ? new Somebody(List.of(IpPrefix.any(family)))
            : new Each(new TreeSet<>(Set.of(DHCP_SERVERS))));
  }

  private boolean isOwn(IpAddress address) {
    return address.isLoopback()
        || nodeIps.contains(address)
        || own.stream().anyMatch(one -> one.address().equals(address));
  }

  /** Those the cluster reaches this node by; what else the node has, it has for itself. */
  private Set<AddressFamily> families() {
    Set<AddressFamily> families =
        families(nodeIps.isEmpty() ? own.stream().map(NodeAddress::address).toList() : nodeIps);
    return families.isEmpty() ? EnumSet.allOf(AddressFamily.class) : families;
  }

  private static Set<AddressFamily> families(List<IpAddress> addresses) {
    return addresses.stream().map(IpAddress::family).collect(Collectors.toCollection(TreeSet::new));
  }

  private void eachOrSomebody(FlowKind somebody, List<IpAddress> remotes, String who) {
    if (remotes.isEmpty()) {
      somebody(somebody);
    }
    each(
        new FlowKind(
            somebody.service(), somebody.direction(), somebody.protocol(), somebody.port(), who),
        remotes);
  }

  private void each(FlowKind kind, List<IpAddress> remotes) {
    Map<Way, NavigableSet<IpAddress>> byWay = new LinkedHashMap<>();
    remotes.stream()
        .filter(remote -> !isOwn(remote))
        .forEach(
            remote -> byWay.computeIfAbsent(way(kind, remote), w -> new TreeSet<>()).add(remote));
    byWay.forEach(
        (way, addresses) -> add(kind, kind.direction() == IN, List.of(way), new Each(addresses)));
  }

  /** The way back is taken to be the way there; the cluster knows a node by one address. */
  private Way way(FlowKind kind, IpAddress remote) {
    Optional<NodeAddress> way = facts.node().wayTo().apply(remote);
    IpPrefix near =
        nodeIps.stream()
            .filter(address -> kind.direction() == IN && kind.service() != SSH)
            .filter(address -> address.family() == remote.family())
            .findFirst()
            .or(() -> way.map(NodeAddress::address))
            .map(IpPrefix::host)
            .orElse(IpPrefix.any(remote.family()));
    return way(kind.direction(), near, way.map(NodeAddress::device));
  }

  private static Way way(Direction direction, IpPrefix near, Optional<String> device) {
    return direction == IN
        ? new Way(near, device, Optional.empty())
        : new Way(near, Optional.empty(), device);
  }

  private void somebody(FlowKind kind) {
    for (AddressFamily family : families()) {
      List<Way> ways =
          own.stream()
              .filter(one -> one.address().family() == family)
              .filter(one -> !one.internal() || nodeIps.contains(one.address()))
              .map(
                  one ->
                      way(
                          kind.direction(),
                          IpPrefix.host(one.address()),
                          Optional.of(one.device())))
              .toList();
      Way unknown = way(kind.direction(), IpPrefix.any(family), Optional.empty());
      add(
          kind,
          kind.direction() == IN,
          ways.isEmpty() ? List.of(unknown) : ways,
          new Somebody(
              List.of(IpPrefix.any(family)), kind.service() == SSH ? pods(family) : List.of()));
    }
  }

  /** Who cares for a node does so from elsewhere: without the node, its pods have no network. */
  private List<IpPrefix> pods(AddressFamily family) {
    return facts.network().stream()
        .flatMap(network -> network.needs().podCidrs().stream())
        .filter(pool -> pool.family() == family)
        .toList();
  }

  private void add(FlowKind kind, boolean inbound, List<Way> ways, Remotes remotes) {
    flows.add(
        new ProtectedFlow(
            kind.service(),
            kind.direction(),
            inbound,
            kind.protocol(),
            kind.port(),
            ways.getFirst().near().family(),
            ways,
            remotes,
            kind.who()));
  }

  /** Ports sshd is told to listen on, by its own files or those of systemd; else the usual one. */
  private Set<Integer> sshPorts() {
    Set<Integer> ports = matches(PORT);
    if (ports.isEmpty()) {
      ports.add(SSH_PORT);
    }
    Stream.of(LISTEN, STREAM, OPTION).forEach(pattern -> ports.addAll(matches(pattern)));
    return ports;
  }

  private Set<Integer> matches(Pattern pattern) {
    return facts.node().sshd().stream()
        .flatMap(text -> pattern.matcher(text).results())
        .map(result -> Integer.parseInt(result.group(1)))
        .filter(port -> port >= 1 && port <= 65535)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
