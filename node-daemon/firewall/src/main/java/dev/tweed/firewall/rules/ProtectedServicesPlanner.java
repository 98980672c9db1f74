package dev.tweed.firewall.rules;

import static dev.tweed.ip.AddressFamily.IPV6;

import dev.tweed.firewall.rules.ProtectedService.End;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds what has to stay reachable on this node: SSH, API server and kubelet where somebody
 * listens, the tunnel, and the daemon's own way to the API server. Pure.
 */
public final class ProtectedServicesPlanner {

  private static final int API_SERVER = 6443;
  private static final int KUBELET = 10250;
  private static final int SSH = 22;

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
  private static final Pattern SECURE_PORT = Pattern.compile("--secure-port[= ](\\d{1,5})\\b");
  private static final Pattern KUBELET_PORT =
      Pattern.compile("(?m)^\"?port\"?:[ \\t]*(\\d{1,5})\\b");

  private static final Set<AddressFamily> BOTH = EnumSet.allOf(AddressFamily.class);

  private final Sight sight;
  private final List<TcpSocket> sockets;
  private final RouteTable routes;

  private ProtectedServicesPlanner(Sight sight) {
    this.sight = sight;
    this.routes = RouteTable.parse(sight.routes(), ByteOrder.nativeOrder());
    this.sockets =
        sight.sockets().stream()
            .flatMap(text -> TcpSocket.parse(text, ByteOrder.nativeOrder()).stream())
            .toList();
  }

  /**
   * What is seen of the node.
   *
   * @param sockets texts of /proc/net/tcp and /proc/net/tcp6
   * @param sshd texts of what tells sshd its ports; empty if they are not visible
   * @param kubernetes texts of what tells the API server and the kubelet theirs
   * @param kubeletPort where the Node says that its kubelet serves
   * @param routes texts of /proc/net/route and /proc/net/ipv6_route
   * @param podDevices devices of the pod network, by which nobody comes who cares for the node
   * @param tunnelPort UDP port of the tunnel, if there is one
   * @param apiServer addresses the daemon reaches the API server by
   * @param apiServerPort and its port
   */
  public record Sight(
      List<String> sockets,
      List<String> sshd,
      List<String> kubernetes,
      OptionalInt kubeletPort,
      List<String> routes,
      Set<String> podDevices,
      OptionalInt tunnelPort,
      List<IpAddress> apiServer,
      int apiServerPort) {
    public Sight {
      sockets = List.copyOf(sockets);
      sshd = List.copyOf(sshd);
      kubernetes = List.copyOf(kubernetes);
      routes = List.copyOf(routes);
      podDevices = Set.copyOf(podDevices);
      apiServer = List.copyOf(apiServer);
    }
  }

  /** The services, in a fixed order. */
  public static List<ProtectedService> plan(Sight sight) {
    return new ProtectedServicesPlanner(sight).services();
  }

  private List<ProtectedService> services() {
    List<ProtectedService> services = new ArrayList<>();
    sshPorts().forEach(port -> addIfServed(services, "SSH", port));
    apiServerPorts().forEach(port -> addIfServed(services, "API server", port));
    kubeletPorts().forEach(port -> addIfServed(services, "kubelet", port));
    sight
        .tunnelPort()
        .ifPresent(
            port -> {
              services.add(
                  new ProtectedService("tunnel", Direction.IN, Protocol.UDP, port, List.of()));
              services.add(
                  new ProtectedService("tunnel", Direction.OUT, Protocol.UDP, port, List.of()));
            });
    services.add(
        new ProtectedService(
            "way to the API server",
            Direction.OUT,
            Protocol.TCP,
            sight.apiServerPort(),
            BOTH,
            Set.of(),
            sight.apiServer().stream().map(this::endOfApiServer).toList()));
    return List.copyOf(services);
  }

  private End endOfApiServer(IpAddress address) {
    return sockets.stream()
        .filter(socket -> !socket.listening() && socket.peer().equals(address))
        .filter(socket -> socket.peerPort() == sight.apiServerPort())
        .findFirst()
        .map(this::end)
        .orElseGet(() -> new End(address, Optional.empty(), routes.deviceTo(address)));
  }

  private End end(TcpSocket socket) {
    return new End(socket.peer(), Optional.of(socket.local()), routes.deviceTo(socket.peer()));
  }

  private void addIfServed(List<ProtectedService> services, String name, int port) {
    if (!isServed(port)) {
      return;
    }
    Set<AddressFamily> families =
        listeners(port)
            .flatMap(
                socket ->
                    // A socket of IPv6 for every address takes IPv4, too.
                    socket.local().isUnspecified() && socket.local().family() == IPV6
                        ? BOTH.stream()
                        : Stream.of(socket.local().family()))
            .collect(Collectors.toSet());
    List<End> ends =
        sockets.stream()
            .filter(socket -> !socket.listening() && socket.localPort() == port)
            .filter(socket -> !socket.peer().isLoopback()) // ufw lets those through anyway
            .sorted(Comparator.comparing(TcpSocket::peer).thenComparing(TcpSocket::local))
            .map(this::end)
            .distinct()
            .toList();
    services.add(
        new ProtectedService(
            name, Direction.IN, Protocol.TCP, port, families, devicesOfOthers(), ends));
  }

  private Set<String> devicesOfOthers() {
    Set<String> devices = new TreeSet<>(routes.devices());
    devices.removeAll(sight.podDevices());
    return devices;
  }

  private boolean isServed(int port) {
    return listeners(port).findAny().isPresent();
  }

  /** What is only for this machine is none of a firewall's business. */
  private Stream<TcpSocket> listeners(int port) {
    return sockets.stream()
        .filter(socket -> socket.listening() && socket.localPort() == port)
        .filter(socket -> !socket.local().isLoopback());
  }

  /**
   * Ports sshd is told to listen on, by its own files or those of systemd. The usual one if none is
   * given; and where nobody listens on those, as when sshd was not started again since or the files
   * are not to be seen.
   */
  private Set<Integer> sshPorts() {
    Set<Integer> ports = matches(sight.sshd(), PORT);
    if (ports.isEmpty()) {
      ports.add(SSH);
    }
    Stream.of(LISTEN, STREAM, OPTION).forEach(p -> ports.addAll(matches(sight.sshd(), p)));
    if (ports.stream().noneMatch(this::isServed)) {
      ports.add(SSH);
    }
    return ports;
  }

  /** Also where the daemon itself reaches it, if that is an address of this node. */
  private Set<Integer> apiServerPorts() {
    Set<Integer> ports = matches(sight.kubernetes(), SECURE_PORT);
    ports.add(API_SERVER);
    sockets.stream()
        .filter(socket -> !socket.listening() && socket.peer().equals(socket.local()))
        .filter(socket -> sight.apiServer().contains(socket.peer()))
        .map(TcpSocket::peerPort)
        .filter(port -> port == sight.apiServerPort())
        .forEach(ports::add);
    return ports;
  }

  private Set<Integer> kubeletPorts() {
    Set<Integer> ports = matches(sight.kubernetes(), KUBELET_PORT);
    ports.add(KUBELET);
    sight.kubeletPort().ifPresent(ports::add);
    return ports;
  }

  private static Set<Integer> matches(List<String> texts, Pattern pattern) {
    return texts.stream()
        .flatMap(text -> pattern.matcher(text).results())
        .map(result -> Integer.parseInt(result.group(1)))
        .filter(port -> port >= 1 && port <= 65535)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
