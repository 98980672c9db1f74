package dev.tweed.netlink.bench;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.BatchResult;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteFilter;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import dev.tweed.netlink.testing.Netns;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the kernel takes to learn all peers, in a network namespace of its own: FDB entry,
 * permanent neighbour and onlink route with a metric of its own for each, in one batch. Needs root.
 *
 * <p>Arguments: number of peers (5000), rounds (6). Prints one line per round; the first is cold.
 */
public final class PeerProgrammingBenchmark {
  private static final RouteProtocol PROTOCOL = new RouteProtocol(116);

  private PeerProgrammingBenchmark() {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int peers = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5000;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 6;
    try (Netns netns = Netns.open()) {
      netns.call(
          () -> {
            try (RtnetlinkSocket socket = RtnetlinkSocket.open()) {
              run(socket, peers, rounds);
            }
            return null;
          });
    }
  }

  private static void run(RtnetlinkSocket socket, int peers, int rounds) {
    for (int round = 1; round <= rounds; round++) {
      MacAddress own = MacAddress.parse("02:ff:00:00:00:01");
      apply(
          socket,
          List.of(
              new RtRequest.LinkCreateVxlan(
                  "tweed.1", own, 1450, 1, 8472, IpAddress.parse("127.0.0.1"), 0),
              RtRequest.LinkSet.of("tweed.1").withUp(true)));
      int vxlan = socket.link("tweed.1").orElseThrow().index();
      List<RtRequest> requests = requests(vxlan, peers);

      long start = System.nanoTime();
      apply(socket, requests);
      long written = System.nanoTime();
      int routes = socket.routes(RouteFilter.ALL.withProtocol(PROTOCOL)).size();
      int neighbours = socket.neighbours(vxlan).size();
      int fdb = socket.fdb(vxlan).size();
      long read = System.nanoTime();

      System.out.printf(
          "round %d: %d peers, %d messages written in %.1f ms; read back in %.1f ms:"
              + " %d routes, %d neighbours, %d fdb entries%n",
          round,
          peers,
          requests.size(),
          (written - start) / 1e6,
          (read - written) / 1e6,
          routes,
          neighbours,
          fdb);
      apply(socket, List.of(new RtRequest.LinkDelete(dev.tweed.netlink.LinkRef.of(vxlan))));
    }
  }

  private static List<RtRequest> requests(int vxlan, int peers) {
    List<RtRequest> requests = new ArrayList<>(3 * peers);
    int pool = ((Ipv4Address) IpAddress.parse("10.0.0.0")).value();
    int underlay = ((Ipv4Address) IpAddress.parse("172.16.0.0")).value();
    for (int i = 1; i <= peers; i++) {
      Ipv4Address gateway = new Ipv4Address(pool + (i << 8));
      MacAddress mac = new MacAddress(0x02_00_00_00_00_00L + i);
      requests.add(
          new RtRequest.FdbReplace(FdbEntry.permanent(vxlan, mac, new Ipv4Address(underlay + i))));
      requests.add(new RtRequest.NeighbourReplace(Neighbour.permanent(vxlan, gateway, mac)));
      requests.add(
          new RtRequest.RouteReplace(
              Route.via(new IpPrefix(gateway, 24), gateway, vxlan, PROTOCOL)
                  .withMetric(i)
                  .withOnlink()));
    }
    return requests;
  }

  private static void apply(RtnetlinkSocket socket, List<RtRequest> requests) {
    BatchResult result = socket.execute(requests);
    if (!result.isOk()) {
      throw new IllegalStateException(
          result.errors().size() + " refused, first: " + result.failures().getFirst());
    }
  }
}
