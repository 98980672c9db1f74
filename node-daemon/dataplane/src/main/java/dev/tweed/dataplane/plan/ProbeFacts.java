package dev.tweed.dataplane.plan;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.MacAddress;
import java.util.Map;
import java.util.Set;

/**
 * Who has the addresses that are probed.
 *
 * @param allocated those that the CNI plugin has given to a pod
 * @param neighbours those that answer at the bridge, with whose hardware address
 */
public record ProbeFacts(Set<IpAddress> allocated, Map<IpAddress, MacAddress> neighbours) {

  /** Nobody has any. */
  public static final ProbeFacts NONE = new ProbeFacts(Set.of(), Map.of());

  /** Copies the collections. */
  public ProbeFacts {
    allocated = Set.copyOf(allocated);
    neighbours = Map.copyOf(neighbours);
  }
}
