package dev.tweed.enforce.kernel;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.EchoServers;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.policy.AddressSpace;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.PodEntry;
import dev.tweed.policy.Program;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A node with a bridge, two pods on it and a host outside, which it routes to; each is a network
 * namespace. 10.96.0.1:80 is a Service of pod B's port 8080.
 */
public final class PolicyBed implements AutoCloseable {

  public static final String A = "10.244.1.2";
  public static final String B = "10.244.1.3";
  public static final String A6 = "fd00:244:1::2";
  public static final String B6 = "fd00:244:1::3";
  public static final String OUTSIDE = "192.0.2.2";
  public static final String SERVICE = "10.96.0.1";

  private static final int PATIENCE_MILLIS = 400;

  public final Netns node = Netns.open();
  public final Netns podA = Netns.open();
  public final Netns podB = Netns.open();
  public final Netns outside = Netns.open();
  public final NfTables tables = new NfTablesSocket();

  private final EchoServers servers = new EchoServers();
  private final List<Socket> open = new ArrayList<>();

  public PolicyBed() {
    for (Netns netns : List.of(node, podA, podB, outside)) {
      netns.sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
    }
    node.sh(
        """
        ip link add br0 type bridge; ip link set br0 up
        ip addr add 10.244.1.1/24 dev br0; ip addr add fd00:244:1::1/64 dev br0 nodad
        for s in bridge-nf-call-iptables bridge-nf-call-ip6tables; do echo 1 >/proc/sys/net/bridge/$s; done
        echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        """);
    pod(podA, "pod-a", A, A6);
    pod(podB, "pod-b", B, B6);
    node.sh(
        """
        ip link add right type veth peer name eth0 netns %s
        ip addr add 192.0.2.1/24 dev right; ip link set right up
        cat <<'END' | nft -f -
        table ip nat {
          chain prerouting { type nat hook prerouting priority dstnat; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.244.1.3:8080; }
          chain postrouting { type nat hook postrouting priority srcnat; ip saddr 10.244.1.3 ip daddr 10.244.1.3 masquerade; }
        }
        END
        """
            .formatted(outside.path()));
    outside.sh(
        "ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1");
    node.call(tables::generation); // the socket stays in the namespace
  }

  private void pod(Netns pod, String veth, String address, String address6) {
    node.sh(
        """
        ip link add %1$s type veth peer name eth0 netns %2$s; ip link set %1$s master br0 up
        bridge link set dev %1$s hairpin on
        """
            .formatted(veth, pod.path()));
    pod.sh(
        """
        ip addr add %s/24 dev eth0; ip addr add %s/64 dev eth0 nodad; ip link set eth0 up
        ip route add default via 10.244.1.1; ip -6 route add default via fd00:244:1::1
        """
            .formatted(address, address6));
  }

  /** What the node knows: both pods, selected by these programs, and sets. */
  public static NodeState state(
      Map<String, Program> programs, Map<String, Set<String>> selected, PeerSet... sets) {
    return new NodeState(
        List.of(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("fd00:244:1::/64")),
        Set.of(
            IpAddress.parse("10.244.1.1"),
            IpAddress.parse("fd00:244:1::1"),
            IpAddress.parse("192.0.2.1")),
        new AddressSpace(
            List.of(IpPrefix.parse("10.244.0.0/16"), IpPrefix.parse("fd00:244::/32")), Map.of()),
        selected.entrySet().stream()
            .map(e -> new PodEntry(e.getKey(), addresses(e.getKey()), e.getValue(), List.of()))
            .toList(),
        programs,
        Arrays.stream(sets).collect(Collectors.toMap(PeerSet::name, s -> s)));
  }

  private static Set<IpAddress> addresses(String pod) {
    return pod.equals("a")
        ? Set.of(IpAddress.parse(A), IpAddress.parse(A6))
        : Set.of(IpAddress.parse(B), IpAddress.parse(B6));
  }

  public static PeerSet set(String name, String... addresses) {
    return new PeerSet(
        name, Stream.of(addresses).map(IpAddress::parse).collect(Collectors.toSet()));
  }

  /** Echoes what comes to a port, TCP and UDP. */
  public void serve(Netns where, int port) {
    servers.start(where, port);
  }

  /** A connection that stays. */
  public Socket connect(Netns from, String address, int port) {
    return from.call(
        () -> {
          Socket socket = new Socket();
          open.add(socket);
          socket.connect(
              new InetSocketAddress(InetAddress.getByName(address), port), PATIENCE_MILLIS);
          socket.setSoTimeout(PATIENCE_MILLIS);
          socket.setTcpNoDelay(true);
          return socket;
        });
  }

  /** Whether what is sent comes back. */
  public static boolean passes(Socket socket) {
    try {
      socket.getOutputStream().write(7);
      return socket.getInputStream().read() == 7;
    } catch (IOException silence) {
      return false;
    }
  }

  /** Whether a new connection is answered. */
  public static boolean reaches(Netns from, String address, int port) {
    return from.call(
        () -> {
          try (Socket socket = new Socket()) {
            socket.connect(
                new InetSocketAddress(InetAddress.getByName(address), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return passes(socket);
          } catch (SocketTimeoutException silence) {
            return false;
          }
        });
  }

  /** What becomes of a datagram. */
  public enum Answer {
    ECHO,
    PORT_UNREACHABLE,
    SILENCE
  }

  public static Answer udp(Netns from, String address, int port) {
    return from.call(
        () -> {
          try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(InetAddress.getByName(address), port);
            socket.setSoTimeout(PATIENCE_MILLIS);
            DatagramPacket packet = new DatagramPacket(new byte[] {1}, 1);
            socket.send(packet);
            socket.receive(packet);
            return Answer.ECHO;
          } catch (PortUnreachableException e) {
            return Answer.PORT_UNREACHABLE;
          } catch (SocketTimeoutException e) {
            return Answer.SILENCE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    servers.close();
    for (Socket socket : open) {
      socket.close();
    }
    tables.close();
    podA.close();
    podB.close();
    outside.close();
    node.close();
  }
}
