package dev.tweed.firewall.nft;

import dev.tweed.ip.IpAddress;
import java.util.List;

/**
 * Who may send to the tunnel.
 *
 * @param port UDP port of the tunnel, 1..65535
 * @param peers addresses of the other nodes in the underlay, of either family; without any, nobody
 *     may
 */
public record TunnelPeers(int port, List<IpAddress> peers) {

  /**
   * @throws IllegalArgumentException if the port is out of range
   */
  public TunnelPeers {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
    }
    peers = peers.stream().sorted().distinct().toList();
  }
}
