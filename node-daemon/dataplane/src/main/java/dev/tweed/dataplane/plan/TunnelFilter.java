package dev.tweed.dataplane.plan;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.util.List;
import java.util.Set;

/**
 * Who may send to the tunnel: packets of its network from anybody else are dropped. VXLAN itself
 * takes them from everybody.
 *
 * @param port UDP port of the tunnel
 * @param vni its network identifier; others on the same port are other people's
 * @param peers addresses of the other nodes in the underlay, of either family
 */
public record TunnelFilter(int port, int vni, Set<IpAddress> peers) {

  /** Copies the set. */
  public TunnelFilter {
    peers = Set.copyOf(peers);
  }

  /** Those of the peers of one family, sorted. */
  public List<IpAddress> peers(AddressFamily family) {
    return of(family, peers);
  }

  static List<IpAddress> of(AddressFamily family, Set<IpAddress> addresses) {
    return addresses.stream().filter(address -> address.family() == family).sorted().toList();
  }
}
