package dev.tweed.firewall.nft;

import dev.tweed.netlink.testing.EchoServers;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * A node between a client (192.0.2.2, 2001:db8::2) and a pod (10.244.1.2, fd00:10:244:1::2), all of
 * them network namespaces. The node has the first address of each network.
 */
final class NftHosts implements AutoCloseable {

  static final String NODE = "192.0.2.1";
  static final String NODE6 = "2001:db8::1";
  static final String POD = "10.244.1.2";
  static final String POD6 = "fd00:10:244:1::2";

  /** What a client gets to know. */
  enum Answer {
    OPEN,
    REFUSED,
    SILENCE
  }

  final NftNode node;
  final Netns client = Netns.open();
  final Netns pod = Netns.open();
  private final EchoServers servers = new EchoServers();

  NftHosts() {
    node = NftNode.open();
    // An address is not used while it is looked for elsewhere, which takes a second.
    String atOnce = "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad";
    node.sh(atOnce);
    client.sh(atOnce);
    pod.sh(atOnce);
    node.connect(client, "left", NODE + "/24", "192.0.2.2/24");
    node.connect(pod, "right", "10.244.1.1/24", POD + "/24");
    node.sh(
        """
        echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        ip addr add 2001:db8::1/64 dev left nodad; ip addr add fd00:10:244:1::1/64 dev right nodad
        """);
    client.sh(
        """
        ip route add default via 192.0.2.1
        ip addr add 2001:db8::2/64 dev eth0 nodad; ip route add default via 2001:db8::1
        """);
    pod.sh(
        """
        ip route add default via 10.244.1.1
        ip addr add fd00:10:244:1::2/64 dev eth0 nodad; ip route add default via fd00:10:244:1::1
        """);
  }

  /** Echoes what comes to ports, TCP and UDP, of one of the three. */
  void serve(Netns where, int... ports) {
    for (int port : ports) {
      servers.start(where, port);
    }
  }

  void serveOnNode(int... ports) {
    serve(node.netns(), ports);
  }

  static Answer tcp(Netns from, String address, int port) {
    return from.call(
        () -> {
          try (Socket socket = open(address, port)) {
            socket.getOutputStream().write(1);
            return socket.getInputStream().read() == 1 ? Answer.OPEN : Answer.SILENCE;
          } catch (ConnectException e) {
            return Answer.REFUSED;
          } catch (SocketTimeoutException e) {
            return Answer.SILENCE;
          }
        });
  }

  /** Fills a set of IPv4 addresses that the kernel fills, until it takes no more. */
  static void fill(NftNode node, String table, String set) {
    node.sh(
        """
        { echo 'add element inet %1$s %2$s {'
          seq 0 65534 | awk '{ printf "10.9.%%d.%%d,\\n", $1 / 256, $1 %% 256 }'
          echo '}'; } | nft -f -
        """
            .formatted(table, set));
  }

  /** Empties sets. */
  static void flush(NftNode node, String table, String... sets) {
    for (String set : sets) {
      node.sh("nft flush set inet %s %s".formatted(table, set));
    }
  }

  /** A connection from a namespace. */
  static Socket connect(Netns from, String address, int port) {
    return from.call(() -> open(address, port));
  }

  private static Socket open(String address, int port) throws IOException {
    Socket socket = new Socket();
    try {
      // A refusal that comes while the socket is still being sent from is only believed when it
      // comes again, a second later (tcp_v4_err).
      socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), 1_500);
      socket.setSoTimeout(2_000);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  static Answer udp(Netns from, String address, int port) {
    return from.call(
        () -> {
          try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(InetAddress.getByName(address), port);
            socket.setSoTimeout(1_500);
            DatagramPacket packet = new DatagramPacket(new byte[] {1}, 1);
            socket.send(packet);
            socket.receive(packet);
            return Answer.OPEN;
          } catch (PortUnreachableException e) {
            return Answer.REFUSED;
          } catch (SocketTimeoutException e) {
            return Answer.SILENCE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    servers.close();
    client.close();
    pod.close();
    node.close();
  }
}
