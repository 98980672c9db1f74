package dev.tweed.fastpath;

import dev.tweed.netlink.testing.PathCost;
import dev.tweed.netlink.testing.RatioTable;
import java.util.ArrayList;
import java.util.List;

/**
 * CPU per packet and per round trip from pod to pod of two nodes, in network namespaces, against
 * VXLAN made by hand in the same run. All variants exist at once; rounds go through them forwards
 * and backwards, and each ratio is to the reference of its own round.
 *
 * <ul>
 *   <li>ns/packet: one thread, bound to a CPU, sends 64 bytes of UDP to a socket nobody reads; veth
 *       runs the receiving half on the same thread, so its CPU time is that of the whole path.
 *   <li>µs/round trip: TCP, 64 bytes there and back; CPU time of both threads, on the same CPU.
 *   <li>µs/connection: connect, one round trip, close, the same way. Handshake and end are slow.
 * </ul>
 *
 * <p>Arguments: rounds (7). Needs root.
 */
public final class FastPathBenchmark {
  private static final int ROUND_TRIPS = 10_000;
  private static final int CONNECTIONS = 500;
  private static final String REFERENCE = "VXLAN by hand";

  private FastPathBenchmark() {}

  private record Variant(String name, TwoNodes nodes, boolean ipv6) {
    PathCost.End from() {
      return end(nodes.one.pods.get(10));
    }

    PathCost.End to() {
      return end(nodes.two.pods.get(10));
    }

    private PathCost.End end(TwoNodes.Pod pod) {
      return new PathCost.End(pod.netns, pod.address(ipv6));
    }
  }

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
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
                "tunnel device kept",
                "own encapsulation",
                "own encapsulation, 1,000 peers")) {
          TwoNodes nodes = TwoNodes.make();
          if (kind.endsWith("peers")) {
            nodes.one.otherBlocks = 1000;
            nodes.two.otherBlocks = 1000;
          }
          variants.add(new Variant(kind + family, nodes, ipv6));
          if (!kind.startsWith(REFERENCE)) {
            nodes.one.open(kind.startsWith("own"), nodes.two);
            nodes.two.open(kind.startsWith("own"), nodes.one);
          }
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
        String reference = REFERENCE + (variant.ipv6() ? ", IPv6" : "");
        boolean own = variant.name().startsWith("own");
        row(variant, "ns of CPU for a packet", own ? "<= 0.50" : "", 1, packets, reference);
        row(variant, "us of CPU for a round trip", own ? "<= 0.62" : "", 1000, trips, reference);
        row(variant, "us of CPU for a connection", own ? "<= 1.05" : "", 1000, opened, reference);
        if (variant.nodes().one.fastPath.isPresent()) {
          System.err.println(variant.name() + ": " + variant.nodes().one.counters());
        }
      }
    } finally {
      variants.forEach(variant -> variant.nodes().close());
    }
  }

  private static void row(
      Variant variant, String what, String goal, double unit, RatioTable table, String reference) {
    System.out.println(
        table.row(
            "fast path, " + variant.name() + ": " + what, variant.name(), reference, unit, goal));
  }
}
