package dev.tweed.firewall.backend;

import dev.tweed.firewall.nft.NftablesBackend;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FilterRow;
import dev.tweed.ip.AddressFamily;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;

/**
 * Packets of one direction on their way by a node's firewall, from addresses 10.1.0.* and fd01::*
 * to 10.2.0.* and fd02::*. They come to the node by {@code eth0} and leave it by {@code tweed.1}.
 * Of NodePorts the node has the addresses, and a pod gets the packets.
 */
final class RoutedHosts implements AutoCloseable {

  /** Ports that somebody listens to, TCP and UDP. */
  static final List<Integer> PORTS = List.of(1, 2, 3, 4, 5, 9);

  /** Last parts of addresses. */
  static final List<Integer> HOSTS = List.of(1, 2, 3, 5);

  private static final long PATIENCE = 5_000_000_000L;

  /** Who sends what to whom; one connection, or one datagram. */
  record Flow(AddressFamily family, boolean tcp, int from, int sourcePort, int to, int port) {
    InetSocketAddress source() throws IOException {
      return new InetSocketAddress(InetAddress.getByName(address(family, 1, from)), sourcePort);
    }

    InetSocketAddress destination() throws IOException {
      return new InetSocketAddress(InetAddress.getByName(address(family, 2, to)), port);
    }
  }

  /** What became of it. */
  enum Fate {
    ARRIVED,
    REFUSED,
    LOST
  }

  private final List<Netns> opened = new ArrayList<>();
  private final Netns node;
  private final Netns sender;
  private final Netns receiver;
  private final NfTablesSocket tables = new NfTablesSocket();
  private final List<SelectableChannel> servers = new ArrayList<>();
  private final List<DatagramChannel> mailboxes = new ArrayList<>();
  private int sent;

  private RoutedHosts(Netns node, Netns sender, Netns receiver) {
    this.node = node;
    this.sender = sender;
    this.receiver = receiver;
    node.call(tables::generation); // the socket stays where it was opened
  }

  static RoutedHosts of(Direction direction) {
    Netns node = open();
    Netns before = direction == Direction.OUT ? node : Netns.open();
    Netns after = direction == Direction.IN ? node : Netns.open();
    RoutedHosts hosts = new RoutedHosts(node, before, after);
    hosts.opened.addAll(direction == Direction.OUT ? List.of(node, after) : List.of(before, node));
    if (direction == Direction.ROUTED) {
      hosts.opened.add(after);
    }
    if (before != node) {
      link(node, "eth0", 1, before);
    }
    if (after != node) {
      link(node, "tweed.1", 2, after);
    }
    addresses(before, before == node ? "lo" : "eth0", 1);
    addresses(after, after == node ? "lo" : "eth0", 2);
    hosts.listen();
    return hosts;
  }

  /** The node has the addresses, and a pod what comes to them. */
  static RoutedHosts ofNodePorts() {
    Netns node = open();
    RoutedHosts hosts = new RoutedHosts(node, Netns.open(), Netns.open());
    hosts.opened.addAll(List.of(node, hosts.sender, hosts.receiver));
    link(node, "eth0", 1, hosts.sender);
    link(node, "tweed.1", 3, hosts.receiver);
    addresses(hosts.sender, "eth0", 1);
    addresses(node, "lo", 2);
    addresses(hosts.receiver, "eth0", 3);
    node.sh(
        """
        nft -f - <<'END'
        table inet proxy {
          chain prerouting {
            type nat hook prerouting priority dstnat;
            fib daddr type local meta l4proto { tcp, udp } dnat ip to 10.3.0.1
            fib daddr type local meta l4proto { tcp, udp } dnat ip6 to fd03::1
          }
        }
        END
        """);
    hosts.listen();
    return hosts;
  }

  private static Netns open() {
    Netns node = Netns.open();
    node.sh(
        """
        echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
        echo 100000 >/proc/sys/net/ipv4/icmp_msgs_per_sec || true
        echo 100000 >/proc/sys/net/ipv4/icmp_msgs_burst || true
        """);
    return node;
  }

  /** A device of the node's, and {@code eth0} at the other end. */
  private static void link(Netns node, String device, int network, Netns other) {
    // A neighbour is asked for from a link-local address, which is to be usable at once.
    node.sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
    other.sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
    node.sh(
        """
        ip link add %1$s type veth peer name eth0 netns %2$s
        ip link set %1$s up; ip addr add 10.%3$d.0.254/24 dev %1$s
        ip addr add fd0%3$d::fe/64 dev %1$s nodad
        """
            .formatted(device, other.path(), network));
    other.sh(
        """
        ip link set eth0 up; ip addr add 10.%1$d.0.253/24 dev eth0
        ip addr add fd0%1$d::fd/64 dev eth0 nodad
        ip route add default via 10.%1$d.0.254; ip route add default via fd0%1$d::fe
        """
            .formatted(network));
  }

  private static void addresses(Netns where, String device, int network) {
    for (int host : HOSTS) {
      where.sh(
          "ip addr add 10.%1$d.0.%2$d/32 dev %3$s; ip addr add fd0%1$d::%2$d/128 dev %3$s nodad"
              .formatted(network, host, device));
    }
  }

  static String address(AddressFamily family, int network, int host) {
    return (family == AddressFamily.IPV4 ? "10.%d.0.%d" : "fd0%d::%d").formatted(network, host);
  }

  private void listen() {
    receiver.call(
        () -> {
          for (int port : PORTS) {
            ServerSocketChannel tcp = ServerSocketChannel.open();
            tcp.bind(new InetSocketAddress(port), 1_000);
            servers.add(tcp);
            DatagramChannel udp = DatagramChannel.open();
            udp.bind(new InetSocketAddress(port));
            udp.configureBlocking(false);
            servers.add(udp);
            mailboxes.add(udp);
          }
          return null;
        });
  }

  /** Runs something on the node. */
  <T> T onNode(Callable<T> task) {
    return node.call(task);
  }

  /** Tables of the node. */
  NfTables tables() {
    return tables;
  }

  /** Puts rows into a table of ours that has counted nothing yet. */
  BackendOutcome applyAnew(List<FilterRow> rows) {
    NftablesBackend backend = new NftablesBackend(tables, OptionalInt::empty);
    backend.apply(List.of());
    return backend.apply(rows);
  }

  String sh(String script) {
    return node.sh(script);
  }

  /**
   * Sends all, and tells what became of each. Waits until the fates are as expected; those that are
   * not after some seconds are told as they are.
   */
  List<Fate> send(List<Flow> flows, List<Fate> expected) {
    int first = sent;
    sent += flows.size();
    List<SelectableChannel> channels = sender.call(() -> start(flows, first));
    try {
      Fate[] fates = new Fate[flows.size()];
      long end = System.nanoTime() + PATIENCE;
      do {
        Thread.sleep(20);
        look(channels, fates, first);
      } while (!isAsExpected(fates, expected) && System.nanoTime() - end < 0);
      // What should be lost may be late.
      Thread.sleep(20);
      look(channels, fates, first);
      List<Fate> found = new ArrayList<>();
      for (Fate fate : fates) {
        found.add(fate == null ? Fate.LOST : fate);
      }
      return found;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      channels.forEach(RoutedHosts::reset);
    }
  }

  private static boolean isAsExpected(Fate[] fates, List<Fate> expected) {
    for (int i = 0; i < fates.length; i++) {
      if (fates[i] != expected.get(i) && expected.get(i) != Fate.LOST) {
        return false;
      }
    }
    return true;
  }

  private static List<SelectableChannel> start(List<Flow> flows, int first) throws IOException {
    List<SelectableChannel> channels = new ArrayList<>();
    for (int i = 0; i < flows.size(); i++) {
      Flow flow = flows.get(i);
      if (flow.tcp()) {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.bind(flow.source());
        connect(channel, flow);
        channels.add(channel);
      } else {
        DatagramChannel channel = DatagramChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(flow.source());
        channel.connect(flow.destination());
        try {
          channel.write(ByteBuffer.allocate(4).putInt(first + i).flip());
        } catch (IOException e) {
          // Its own firewall refuses it, or drops it; the next look tells which.
        }
        channels.add(channel);
      }
    }
    return channels;
  }

  private static void connect(SocketChannel channel, Flow flow) throws IOException {
    try {
      channel.connect(flow.destination());
    } catch (ConnectException e) {
      channel.close(); // refused at once
    }
  }

  private void look(List<SelectableChannel> channels, Fate[] fates, int first) throws IOException {
    ByteBuffer letter = ByteBuffer.allocate(8);
    for (DatagramChannel mailbox : mailboxes) {
      while (mailbox.receive(letter.clear()) != null) {
        int number = letter.flip().getInt() - first;
        if (number >= 0) {
          fates[number] = Fate.ARRIVED;
        }
      }
    }
    for (int i = 0; i < fates.length; i++) {
      if (fates[i] == null) {
        fates[i] =
            switch (channels.get(i)) {
              case SocketChannel tcp -> fate(tcp);
              case DatagramChannel udp -> fate(udp);
              default -> throw new IllegalStateException();
            };
      }
    }
  }

  private static Fate fate(SocketChannel channel) throws IOException {
    try {
      return !channel.isOpen() ? Fate.REFUSED : channel.finishConnect() ? Fate.ARRIVED : null;
    } catch (ConnectException e) {
      return Fate.REFUSED;
    }
  }

  private static Fate fate(DatagramChannel channel) throws IOException {
    try {
      channel.read(ByteBuffer.allocate(8));
      return null;
    } catch (PortUnreachableException e) {
      return Fate.REFUSED;
    }
  }

  private static void reset(SelectableChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    servers.forEach(RoutedHosts::reset);
    opened.forEach(Netns::close);
  }
}
