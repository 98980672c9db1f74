package dev.tweed.dataplane;

import dev.tweed.dataplane.plan.ProbeDevice;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NeighbourState;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks on a bridge who has an address, by ARP and neighbour discovery. The kernel of a pod answers
 * whatever its firewall or its processes do. In the network namespace of the calling thread.
 */
public final class BridgeNeighbours {

  private static final int DISCARD = 9;

  private BridgeNeighbours() {}

  /** Has the kernel ask; the answer takes it up to three seconds. */
  public static void ask(Set<IpAddress> addresses) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (IpAddress address : addresses) {
        socket.send(
            new DatagramPacket(
                new byte[0], 0, InetAddress.getByAddress(address.toBytes()), DISCARD));
      }
    }
  }

  /**
   * Whether the bridge has ports of pods.
   *
   * @throws NetlinkException when the kernel does not tell
   */
  public static boolean arePods(String bridge) {
    try (Rtnetlink kernel = RtnetlinkSocket.open()) {
      return kernel.link(bridge).map(Link::index).stream()
          .anyMatch(
              index ->
                  kernel.links().stream()
                      .anyMatch(
                          link -> link.masterIndex() == index && !ProbeDevice.isName(link.name())));
    }
  }

  /**
   * The addresses that were asked for and that nobody on the bridge has said to have.
   *
   * @throws NetlinkException when the kernel does not tell
   */
  public static Set<IpAddress> unanswered(String bridge) {
    try (Rtnetlink kernel = RtnetlinkSocket.open()) {
      return kernel.link(bridge).map(Link::index).stream()
          .flatMap(index -> kernel.neighbours(index).stream())
          .filter(neighbour -> (neighbour.state().bits() & NeighbourState.FAILED.bits()) != 0)
          .map(Neighbour::address)
          .collect(Collectors.toUnmodifiableSet());
    }
  }
}
