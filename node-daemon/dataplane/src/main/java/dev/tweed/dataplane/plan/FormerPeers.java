package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Addresses of nodes that have left lately. Such a node may go on sending for a while, until it is
 * told or switched off. Used by one thread.
 */
public final class FormerPeers {

  private static final long NANOS = 10 * 60_000_000_000L;

  private final Map<IpAddress, Long> left = new HashMap<>();
  private Set<IpAddress> peers = Set.of();

  /**
   * Those of the last ten minutes.
   *
   * @param now the addresses of nodes now
   * @param nanoTime monotonic, nanoseconds
   */
  public Set<IpAddress> after(Set<IpAddress> now, long nanoTime) {
    if (!now.equals(peers)) {
      peers.stream().filter(peer -> !now.contains(peer)).forEach(peer -> left.put(peer, nanoTime));
      left.keySet().removeIf(now::contains);
    }
    left.values().removeIf(since -> nanoTime - since > NANOS);
    peers = now;
    return Set.copyOf(left.keySet());
  }
}
