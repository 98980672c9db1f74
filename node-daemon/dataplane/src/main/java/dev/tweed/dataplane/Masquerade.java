package dev.tweed.dataplane;

import dev.tweed.ip.IpPrefix;
import java.util.List;

/**
 * Source address translation of what leaves the pod network.
 *
 * @param enabled whether any is done
 * @param except destinations that see the pod's own address, canonical networks
 * @param fullyRandom whether source ports are chosen at random, which avoids the conntrack insert
 *     race between simultaneous lookups (kubernetes/kubernetes#56903)
 */
public record Masquerade(boolean enabled, List<IpPrefix> except, boolean fullyRandom) {
  /** Copies the list. */
  public Masquerade {
    except = List.copyOf(except);
  }
}
