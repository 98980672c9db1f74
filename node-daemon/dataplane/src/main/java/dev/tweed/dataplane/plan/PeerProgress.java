package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Counts peers that have all they need. */
public final class PeerProgress {
  private PeerProgress() {}

  /**
   * How many planned peers are in the kernel as planned.
   *
   * @param remaining steps that are still wanting
   * @param shadowed blocks whose packets do not take the route that is there
   */
  public static int programmed(
      DesiredState desired, List<StateChange> remaining, Set<IpPrefix> shadowed) {
    Set<MacAddress> fdb = new HashSet<>();
    Set<IpAddress> neighbours = new HashSet<>();
    Set<IpPrefix> routes = new HashSet<>(shadowed);
    Set<String> devices = new HashSet<>();
    Set<IpAddress> shutOut = new HashSet<>();
    for (StateChange change : remaining) {
      switch (change) {
        case StateChange.PutFdb put -> fdb.add(put.mac());
        case StateChange.PutNeighbour put -> neighbours.add(put.address());
        case StateChange.PutRoute put -> routes.add(put.route().destination());
        case StateChange.SetUp up -> devices.add(up.name());
        case StateChange.AddTunnelPeers add -> shutOut.addAll(add.peers());
        default -> {}
      }
    }
    int count = 0;
    for (PlannedPeer peer : desired.peers()) {
      boolean lacking =
          routes.contains(peer.block())
              || devices.contains(peer.path().device())
              || peer.path() instanceof PlannedPeer.Path.Tunnelled path
                  && (fdb.contains(path.mac())
                      || neighbours.contains(peer.route().gateway())
                      || shutOut.contains(path.vtep()));
      if (!lacking) {
        count++;
      }
    }
    return count;
  }
}
