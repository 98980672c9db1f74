package dev.tweed.firewall.rules;

import dev.tweed.netlink.IpAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
          "(?im)^[ \\t]*ListenAddress[ \\t=]+\"?(?:\\[[^]\\s]*]|[^:\\s]+):(\\d{1,5})\\b.*$");

  private ProtectedServicesPlanner() {}

  /**
   * What is seen of the node.
   *
   * @param sockets texts of /proc/net/tcp and /proc/net/tcp6
   * @param sshd texts of sshd_config and the files it includes; empty if they are not visible
   * @param tunnelPort UDP port of the tunnel, if there is one
   * @param apiServer addresses the daemon reaches the API server by
   * @param apiServerPort and its port
   */
  public record Sight(
      List<String> sockets,
      List<String> sshd,
      OptionalInt tunnelPort,
      List<IpAddress> apiServer,
      int apiServerPort) {
    public Sight {
      sockets = List.copyOf(sockets);
      sshd = List.copyOf(sshd);
      apiServer = List.copyOf(apiServer);
    }
  }

  /** The services, in a fixed order. */
  public static List<ProtectedService> plan(Sight sight) {
    List<TcpSocket> sockets =
        sight.sockets().stream()
            .flatMap(text -> TcpSocket.parse(text, ByteOrder.nativeOrder()).stream())
            .toList();
    List<ProtectedService> services = new ArrayList<>();
    sshPorts(sight.sshd()).forEach(port -> addIfServed(services, sockets, "SSH", port));
    addIfServed(services, sockets, "API server", API_SERVER);
    addIfServed(services, sockets, "kubelet", KUBELET);
    sight
        .tunnelPort()
        .ifPresent(
            port -> {
              services.add(service("tunnel", Direction.IN, Protocol.UDP, port, List.of()));
              services.add(service("tunnel", Direction.OUT, Protocol.UDP, port, List.of()));
            });
    services.add(
        service(
            "way to the API server",
            Direction.OUT,
            Protocol.TCP,
            sight.apiServerPort(),
            sight.apiServer()));
    return List.copyOf(services);
  }

  private static void addIfServed(
      List<ProtectedService> services, List<TcpSocket> sockets, String name, int port) {
    if (sockets.stream().noneMatch(s -> s.listening() && s.localPort() == port)) {
      return;
    }
    List<IpAddress> peers =
        sockets.stream()
            .filter(socket -> !socket.listening() && socket.localPort() == port)
            .map(TcpSocket::peer)
            .filter(peer -> !peer.isLoopback()) // ufw lets those through before anything else
            .distinct()
            .sorted()
            .toList();
    services.add(service(name, Direction.IN, Protocol.TCP, port, peers));
  }

  private static ProtectedService service(
      String name, Direction direction, Protocol protocol, int port, List<IpAddress> peers) {
    return new ProtectedService(name, direction, protocol, port, peers);
  }

  /** Ports sshd is told to listen on; 22 if it is told none, or by files we do not see. */
  private static Set<Integer> sshPorts(List<String> texts) {
    Set<Integer> ports = new TreeSet<>();
    for (String text : texts) {
      Stream.of(PORT, LISTEN)
          .map(pattern -> pattern.matcher(text))
          .flatMap(Matcher::results)
          .map(result -> Integer.parseInt(result.group(1)))
          .filter(port -> port >= 1 && port <= 65535)
          .forEach(ports::add);
    }
    if (ports.isEmpty()) {
      ports.add(SSH);
    }
    return ports;
  }
}
