package dev.tweed.fastpath;

import dev.tweed.fastpath.FastPath.Opening;
import dev.tweed.fastpath.FastPathCounters.Counter;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.socket.LibC;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Two nodes as Tweed makes them, in network namespaces: an underlay of a veth pair, VXLAN, a
 * bridge, pods of both families, connection tracking, and a filter that drops what that calls
 * invalid, as kube-proxy's does.
 */
final class TwoNodes implements AutoCloseable {
  static final int MTU = 1450;

  /** What carries fast packets to the other node. */
  enum Carrier {
    TUNNEL_DEVICE(Counter.SENT_TUNNEL, Counter.RECEIVED_TUNNEL),
    PROGRAM(Counter.SENT_WIRE, Counter.RECEIVED_WIRE),
    PLAIN_ROUTE(Counter.SENT_ROUTED, Counter.RECEIVED_ROUTED);

    final Counter sent;
    final Counter received;

    Carrier(Counter sent, Counter received) {
      this.sent = sent;
      this.received = received;
    }

    Carrier next() {
      return values()[(ordinal() + 1) % values().length];
    }
  }

  final Node one;
  final Node two;

  private TwoNodes() {
    one = new Node(1);
    two = new Node(2);
  }

  static TwoNodes make() {
    if (!Files.exists(Path.of("/sys/kernel/btf/vmlinux"))) {
      throw Needs.unmet("a kernel with BTF");
    }
    TwoNodes nodes = new TwoNodes();
    try {
      nodes.connect();
      nodes.one.addPod(10);
      nodes.two.addPod(10);
      return nodes;
    } catch (RuntimeException | Error failure) {
      nodes.close();
      throw failure;
    }
  }

  private void connect() {
    one.netns.sh(
        """
        ip link add eth0 type veth peer name peer0
        ip link set peer0 netns %s
        """
            .formatted(two.netns.path()));
    two.netns.sh("ip link set peer0 name eth0");
    one.configure(two);
    two.configure(one);
  }

  @Override
  public void close() {
    one.close();
    two.close();
  }

  /** One of the nodes: its block is 10.77.N.0/24, its underlay address 192.0.2.N. */
  static final class Node implements AutoCloseable {
    final int number;
    final Netns netns = Netns.open();
    final Map<Integer, Pod> pods = new HashMap<>();
    Optional<FastPath> fastPath = Optional.empty();

    /** Blocks of nodes that are not there. */
    int otherBlocks;

    private Carrier carried = Carrier.TUNNEL_DEVICE;

    private Node(int number) {
      this.number = number;
    }

    private void configure(Node peer) {
      netns.sh(
          """
          sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
          sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
          ip link set eth0 address 02:00:00:00:0e:0%1$d
          ip addr add 192.0.2.%1$d/24 dev eth0
          ip addr add 2001:db8::%1$d/64 dev eth0 nodad
          ip link set eth0 up
          ip link add tweed.1 address %3$s mtu %5$d type vxlan id 1 dstport 8472 local 192.0.2.%1$d dev eth0 nolearning
          ip addr add 10.77.%1$d.0/32 dev tweed.1
          ip addr add fd77:%1$d::/128 dev tweed.1
          ip link set tweed.1 up
          ip link add tweed-br0 address %4$s mtu %5$d type bridge
          ip addr add 10.77.%1$d.1/24 dev tweed-br0
          ip addr add fd77:%1$d::1/64 dev tweed-br0
          ip link set tweed-br0 up
          bridge fdb append %6$s dev tweed.1 dst 192.0.2.%2$d
          ip neigh add 10.77.%2$d.0 lladdr %6$s nud permanent dev tweed.1
          ip route add 10.77.%2$d.0/24 via 10.77.%2$d.0 dev tweed.1 onlink
          ip neigh add fd77:%2$d:: lladdr %6$s nud permanent dev tweed.1
          ip -6 route add fd77:%2$d::/64 via fd77:%2$d:: dev tweed.1 onlink
          nft -f - <<'RULES'
          table inet filter {
            counter invalid { }
            chain policies { type filter hook forward priority 1; }
            chain forward {
              type filter hook forward priority 0;
              ct state invalid counter name invalid drop
            }
            chain outside {
              type nat hook postrouting priority srcnat;
              ip saddr 10.77.0.0/16 ip daddr != 10.77.0.0/16 masquerade
            }
          }
          RULES
          sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1
          sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
          """
              .formatted(
                  number, peer.number, vtep(number), gateway(number), MTU, vtep(peer.number)));
    }

    Pod addPod(int host) {
      Pod pod = new Pod(this, host);
      pods.put(host, pod);
      return pod;
    }

    /** As CNI DEL does. */
    void removePod(int host) {
      Pod pod = pods.remove(host);
      netns.sh("ip link del " + pod.veth);
      pod.netns.close();
    }

    /** As the daemon does before it tells the fast path. */
    void route(Carrier carrier, Node peer) {
      if (carrier == Carrier.PLAIN_ROUTE) {
        netns.sh(
            """
            ip addr replace 2001:db8::%2$d/64 dev eth0 nodad
            ip route replace 10.77.%1$d.0/24 via 192.0.2.%1$d dev eth0
            ip -6 route replace fd77:%1$d::/64 via 2001:db8::%1$d dev eth0
            """
                .formatted(peer.number, number));
      } else if (carried == Carrier.PLAIN_ROUTE) {
        netns.sh(
            """
            ip route replace 10.77.%1$d.0/24 via 10.77.%1$d.0 dev tweed.1 onlink
            ip -6 route del fd77:%1$d::/64
            ip -6 route add fd77:%1$d::/64 via fd77:%1$d:: dev tweed.1 onlink
            """
                .formatted(peer.number));
      }
      carried = carrier;
    }

    /** Opens the fast path and brings it to what this node has. */
    FastPath open(Carrier carrier, Node peer) {
      return open(carrier, Duration.ofSeconds(10), peer);
    }

    FastPath open(Carrier carrier, Duration renewal, Node peer) {
      FastPath opened = load(renewal);
      fastPath = Optional.of(opened);
      apply(carrier, peer);
      return opened;
    }

    /** Programs that are attached nowhere. */
    FastPath load() {
      return load(Duration.ofSeconds(10));
    }

    private FastPath load(Duration renewal) {
      return netns.call(
          () ->
              switch (FastPath.open(renewal, SourcePorts.DEFAULT)) {
                case Opening.Opened(FastPath it) -> it;
                case Opening.Refused(FastPathOff.OfNode why) ->
                    throw new AssertionError(why.message());
              });
    }

    void apply(Carrier carrier, Node peer) {
      route(carrier, peer);
      netns.call(
          () -> {
            Map<Integer, String> failures =
                fastPath.orElseThrow().apply(FastPathPlanner.plan(view(carrier, peer)));
            if (!failures.isEmpty()) {
              throw new AssertionError(failures.toString());
            }
            return null;
          });
    }

    FastPathCounters counters() {
      try {
        return fastPath.orElseThrow().counters();
      } catch (BpfException e) {
        throw new IllegalStateException(e);
      }
    }

    NodeView view(Carrier carrier, Node peer) {
      return netns.call(
          () -> {
            List<NodeView.Pod> seen = new ArrayList<>();
            for (Pod pod : pods.values()) {
              seen.add(
                  new NodeView.Pod(
                      index(pod.veth),
                      pod.mac(),
                      MacAddress.parse(gateway(number)),
                      List.of(IpAddress.parse(pod.ipv4()), IpAddress.parse(pod.ipv6())),
                      "noqueue",
                      false,
                      pod.tapped));
            }
            return new NodeView(
                true,
                "6.6.0",
                Set.of(12, 21),
                true,
                Optional.of(
                    new NodeView.Tunnel(
                        index("tweed.1"),
                        "tweed.1",
                        MacAddress.parse(vtep(number)),
                        1,
                        8472,
                        index("eth0"),
                        true)),
                Optional.empty(),
                carrier != Carrier.TUNNEL_DEVICE
                    ? Optional.of(
                        new NodeView.Encapsulation(
                            index("eth0"), (Ipv4Address) IpAddress.parse("192.0.2." + number)))
                    : Optional.empty(),
                Optional.of(new NodeView.Wire(index("eth0"), index("tweed-br0"))),
                peers(carrier, peer),
                seen);
          });
    }

    private List<NodeView.Peer> peers(Carrier carrier, Node peer) {
      List<NodeView.Peer> peers = new ArrayList<>();
      peers.add(
          new NodeView.Peer(
              "node" + peer.number,
              List.of(
                  IpPrefix.parse("10.77." + peer.number + ".0/24"),
                  IpPrefix.parse("fd77:" + peer.number + "::/64")),
              MTU,
              carrier == Carrier.PLAIN_ROUTE
                  ? new NodeView.Way.Plain()
                  : new NodeView.Way.Tunnelled(
                      MacAddress.parse(vtep(peer.number)),
                      IpAddress.parse("192.0.2." + peer.number))));
      for (int i = 0; i < otherBlocks; i++) {
        peers.add(
            new NodeView.Peer(
                "other" + i,
                List.of(
                    IpPrefix.parse("10." + (128 + i / 256) + "." + i % 256 + ".0/24"),
                    IpPrefix.parse("fd78:%x::/64".formatted(i))),
                MTU,
                new NodeView.Way.Tunnelled(
                    new MacAddress(0x021000000000L + i),
                    IpAddress.parse("198.51." + (100 + i / 256) + "." + i % 256))));
      }
      return peers;
    }

    private static int index(String device) {
      int index = LibC.get().if_nametoindex(device);
      if (index == 0) {
        throw new IllegalStateException("no device " + device);
      }
      return index;
    }

    /** Packets called invalid so far. */
    long invalid() {
      String listing = netns.exec("nft", "list", "counter", "inet", "filter", "invalid");
      return Long.parseLong(listing.replaceAll("(?s).*packets (\\d+).*", "$1"));
    }

    void policy(String rule) {
      netns.exec("nft", "add rule inet filter policies " + rule);
    }

    void flushPolicy() {
      netns.exec("nft", "flush chain inet filter policies");
    }

    @Override
    public void close() {
      fastPath.ifPresent(FastPath::close);
      pods.values().forEach(pod -> pod.netns.close());
      netns.close();
    }
  }

  /** A pod: 10.77.N.H and fd77:N::H. */
  static final class Pod {
    final Node node;
    final int host;
    final String veth;
    final Netns netns = Netns.open();

    /** Whether the node is told that somebody listens on the veth. */
    boolean tapped;

    private Pod(Node node, int host) {
      this.node = node;
      this.host = host;
      veth = "veth" + host;
      node.netns.sh(
          """
          ip link add %1$s mtu %3$d type veth peer name eth0x mtu %3$d
          ip link set eth0x netns %2$s
          ip link set %1$s master tweed-br0 up
          """
              .formatted(veth, netns.path(), MTU));
      netns.sh(
          """
          sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
          ip link set eth0x name eth0
          ip link set eth0 address %1$s up
          ip addr add %2$s/24 dev eth0
          ip -6 addr add %3$s/64 dev eth0 nodad
          ip route add default via 10.77.%4$d.1
          ip -6 route add default via fd77:%4$d::1
          """
              .formatted(mac(), ipv4(), ipv6(), node.number));
    }

    MacAddress mac() {
      return MacAddress.parse("02:00:00:00:0%d:%02x".formatted(node.number, host));
    }

    String ipv4() {
      return "10.77." + node.number + "." + host;
    }

    String ipv6() {
      return "fd77:" + node.number + "::" + Integer.toHexString(host);
    }

    String address(boolean ipv6) {
      return ipv6 ? ipv6() : ipv4();
    }
  }

  private static String vtep(int number) {
    return "02:00:00:00:0f:0" + number;
  }

  private static String gateway(int number) {
    return "02:00:00:00:0b:0" + number;
  }
}
