package dev.tweed.fastpath;

import dev.tweed.fastpath.TwoNodes.Carrier;
import dev.tweed.netlink.testing.PathCost;
import dev.tweed.netlink.testing.RatioTable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * CPU per packet and per round trip from pod to pod of two nodes, in network namespaces, against
 * VXLAN made by hand, and against what flannel leaves in the kernel, in the same run. All variants
 * exist at once; rounds go through them forwards and backwards, and each ratio is to the reference
 * of its own round.
 *
 * <ul>
 *   <li>ns/packet: one thread, bound to a CPU, sends 64 bytes of UDP to a socket nobody reads; veth
 *       runs the receiving half on the same thread, so its CPU time is that of the whole path.
 *   <li>µs/round trip: TCP, 64 bytes there and back; CPU time of both threads, on the same CPU.
 *   <li>µs/connection: connect, one round trip, close, the same way. Handshake and end are slow.
 * </ul>
 *
 * <p>Arguments: rounds (7), a regular expression of the variants (all). Needs root.
 */
public final class FastPathBenchmark {
  private static final int ROUND_TRIPS = 10_000;
  private static final int CONNECTIONS = 500;
  private static final String REFERENCE = "VXLAN by hand";
  private static final String FLANNEL = "flannel's state";
  private static final String OWN = "own encapsulation";
  private static final String RULES = ", 100 rules in FORWARD";
  private static final String IPTABLES = ", kube-proxy with iptables";
  private static final String NFTABLES = ", kube-proxy with nftables";
  private static final int SERVICES = 100;
  private static final String ROUTES = "plain routes by hand";
  private static final String ROUTED = "plain routes, fast";
  private static final String BRIDGE = "one node, bridge by hand";
  private static final String SWITCHED = "one node, fast";

  /**
   * What flannel of 2026 with {@code EnableNFTables} leaves on a node besides the tunnel, which is
   * the same but for its name: hairpin of the bridge plugin, its two tables, and for IPv6 a device
   * of its own over an IPv6 underlay. The node is %1$d, its peer %2$d.
   */
  private static final String FLANNEL_STATE =
      """
      nft delete table inet filter
      bridge link set dev veth10 hairpin on
      ip link add flannel-v6.1 address 02:00:00:00:0f:1%1$d type vxlan id 1 dstport 8472 local 2001:db8::%1$d dev eth0 nolearning
      ip addr add fd77:%1$d::/128 dev flannel-v6.1
      ip link set flannel-v6.1 up
      bridge fdb append 02:00:00:00:0f:1%2$d dev flannel-v6.1 dst 2001:db8::%2$d
      ip neigh add fd77:%2$d:: lladdr 02:00:00:00:0f:1%2$d nud permanent dev flannel-v6.1
      ip -6 route del fd77:%2$d::/64
      ip -6 route add fd77:%2$d::/64 via fd77:%2$d:: dev flannel-v6.1 onlink metric 1024
      nft -f - <<'TABLES'
      table ip flannel-ipv4 {
        chain postrtg {
          type nat hook postrouting priority srcnat;
          meta mark 0x00004000 return
          ip saddr 10.77.%1$d.0/24 ip daddr 10.77.0.0/16 return
          ip saddr 10.77.0.0/16 ip daddr 10.77.%1$d.0/24 return
          ip saddr != 10.77.%1$d.0/24 ip daddr 10.77.0.0/16 return
          ip saddr 10.77.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
          ip saddr != 10.77.0.0/16 ip daddr 10.77.0.0/16 masquerade fully-random
        }
        chain forward {
          type filter hook forward priority filter;
          ip saddr 10.77.0.0/16 accept
          ip daddr 10.77.0.0/16 accept
        }
      }
      table ip6 flannel-ipv6 {
        chain postrtg {
          type nat hook postrouting priority srcnat;
          meta mark 0x00004000 return
          ip6 saddr fd77:%1$d::/64 ip6 daddr fd77::/16 return
          ip6 saddr fd77::/16 ip6 daddr fd77:%1$d::/64 return
          ip6 saddr != fd77:%1$d::/64 ip6 daddr fd77::/16 return
          ip6 saddr fd77::/16 ip6 daddr != ff00::/8 masquerade fully-random
          ip6 saddr != fd77::/16 ip6 daddr fd77::/16 masquerade fully-random
        }
        chain forward {
          type filter hook forward priority filter;
          ip6 saddr fd77::/16 accept
          ip6 daddr fd77::/16 accept
        }
      }
      TABLES
      """;

  private FastPathBenchmark() {}

  private record Variant(String name, TwoNodes nodes, boolean ipv6) {
    PathCost.End from() {
      return end(nodes.one.pods.get(10));
    }

    PathCost.End to() {
      return end(isOneNode(name) ? nodes.one.pods.get(11) : nodes.two.pods.get(10));
    }

    String reference() {
      String family = ipv6 ? ", IPv6" : "";
      for (String beside : List.of(IPTABLES, NFTABLES)) {
        if (name.contains(beside)) {
          return REFERENCE + beside + family;
        }
      }
      return (name.startsWith("plain routes") ? ROUTES : isOneNode(name) ? BRIDGE : REFERENCE)
          + family;
    }

    private PathCost.End end(TwoNodes.Pod pod) {
      return new PathCost.End(pod.netns, pod.address(ipv6));
    }
  }

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
    Pattern wanted = Pattern.compile(arguments.length > 1 ? arguments[1] : "");
    List<Variant> variants = new ArrayList<>();
    RatioTable packets = new RatioTable();
    RatioTable trips = new RatioTable();
    RatioTable opened = new RatioTable();
    try {
      for (boolean ipv6 : new boolean[] {false, true}) {
        String family = ipv6 ? ", IPv6" : "";
        for (String kind :
            List.of(
                REFERENCE,
                REFERENCE + " again",
                FLANNEL,
                REFERENCE + RULES,
                "tunnel device kept",
                OWN,
                OWN + ", 1,000 peers",
                OWN + RULES,
                REFERENCE + IPTABLES,
                OWN + IPTABLES,
                REFERENCE + NFTABLES,
                OWN + NFTABLES,
                ROUTES,
                ROUTES + " again",
                ROUTED,
                BRIDGE,
                BRIDGE + " again",
                SWITCHED)) {
          boolean ofOneFamily = kind.contains(", kube-proxy");
          if (ipv6 && ofOneFamily || !wanted.matcher(kind + family).find()) {
            continue;
          }
          TwoNodes nodes = TwoNodes.make();
          variants.add(new Variant(kind + family, nodes, ipv6));
          prepare(nodes.one, nodes.two, kind);
          prepare(nodes.two, nodes.one, kind);
        }
      }
      for (int round = 0; round <= rounds; round++) {
        for (Variant variant : round % 2 == 0 ? variants : variants.reversed()) {
          double packet = PathCost.packet(variant.from(), variant.to(), false);
          double trip = PathCost.roundTrip(variant.from(), variant.to(), ROUND_TRIPS);
          double connection = PathCost.connection(variant.from(), variant.to(), CONNECTIONS);
          if (round > 0) { // the first is for the compiler and the neighbours
            packets.add(variant.name(), packet);
            trips.add(variant.name(), trip);
            opened.add(variant.name(), connection);
          }
        }
      }
      for (Variant variant : variants) {
        String family = variant.ipv6() ? ", IPv6" : "";
        boolean own = variant.name().startsWith(OWN);
        boolean beside = variant.name().contains(", kube-proxy");
        row(
            variant,
            "ns of CPU for a packet",
            own ? "<= 0.50" : "",
            1,
            packets,
            variant.reference());
        row(
            variant,
            "us of CPU for a round trip",
            own ? "<= 0.62" : "",
            1000,
            trips,
            variant.reference());
        row(
            variant,
            "us of CPU for a connection",
            own ? "<= 1.05" : "",
            1000,
            opened,
            variant.reference());
        if (own && !beside && wanted.matcher(FLANNEL + family).find()) {
          row(
              variant,
              "the same packet against flannel's state",
              "<= 0.50",
              1,
              packets,
              FLANNEL + family);
          row(
              variant,
              "the same round trip against flannel's state",
              "<= 0.62",
              1000,
              trips,
              FLANNEL + family);
          row(
              variant,
              "the same connection against flannel's state",
              "<= 1.05",
              1000,
              opened,
              FLANNEL + family);
        }
        if (variant.nodes().one.fastPath.isPresent()) {
          System.err.println(variant.name() + ": " + variant.nodes().one.counters());
        }
      }
    } finally {
      variants.forEach(variant -> variant.nodes().close());
    }
  }

  private static boolean isOneNode(String kind) {
    return kind.startsWith("one node");
  }

  private static void prepare(TwoNodes.Node node, TwoNodes.Node peer, String kind) {
    if (kind.equals(FLANNEL)) {
      node.netns.sh(FLANNEL_STATE.formatted(node.number, peer.number));
    }
    if (kind.endsWith(RULES)) {
      for (int i = 1; i <= 100; i++) {
        node.policy("tcp dport " + i + " drop"); // none of them matches
      }
    }
    if (kind.endsWith(IPTABLES)) {
      node.netns.sh(
          "iptables-nft-restore --noflush <<'RULES'\n"
              + KubeProxyRules.iptables(SERVICES)
              + "RULES\n");
    }
    if (kind.endsWith(NFTABLES)) {
      node.netns.sh("nft -f - <<'RULES'\n" + KubeProxyRules.nftables(SERVICES) + "RULES\n");
    }
    if (kind.endsWith("peers")) {
      node.otherBlocks = 1000;
    }
    Carrier carrier =
        kind.startsWith("plain routes")
            ? Carrier.PLAIN_ROUTE
            : kind.startsWith(OWN) ? Carrier.PROGRAM : Carrier.TUNNEL_DEVICE;
    node.route(carrier, peer);
    if (isOneNode(kind)) {
      node.addPod(11);
    }
    if (kind.startsWith(OWN) || kind.startsWith("tunnel") || kind.endsWith("fast")) {
      node.open(carrier, peer);
    }
  }

  private static void row(
      Variant variant, String what, String goal, double unit, RatioTable table, String reference) {
    System.out.println(
        table.row(
            "fast path, " + variant.name() + ": " + what, variant.name(), reference, unit, goal));
  }
}
