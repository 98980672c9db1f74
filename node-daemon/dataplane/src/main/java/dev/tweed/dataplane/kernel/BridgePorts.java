package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.plan.ProbeDevice;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.NetlinkEvent;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Indexes of pods' devices that are or were ports of our bridge, so that they become ports of a new
 * one. Pods come without a sync, so the monitor's thread adds to them as well.
 */
public final class BridgePorts {

  private final Set<Integer> indexes = ConcurrentHashMap.newKeySet();

  /** Those known so far; does not change any more. */
  public Set<Integer> known() {
    return Set.copyOf(indexes);
  }

  /** Takes up a device that an event shows on the bridge. */
  public void see(NetlinkEvent event, int bridge) {
    if (event instanceof NetlinkEvent.LinkChanged change
        && !change.removed()
        && !ProbeDevice.isName(change.link().name())
        && change.link().masterIndex() == bridge) {
      indexes.add(change.link().index());
    }
  }

  /**
   * Whether an event shows that a port was taken out of the bridge, as systemd-networkd does with
   * devices that a file of its matches. One that goes with its pod is down before it leaves.
   */
  boolean isTakenOut(NetlinkEvent event) {
    return event instanceof NetlinkEvent.LinkChanged change
        && !change.removed()
        && change.link().isUp()
        && change.link().masterIndex() == 0
        && indexes.contains(change.link().index());
  }

  /**
   * Takes up the bridge's ports and forgets those that are gone or went elsewhere.
   *
   * @param before those known before the links were read
   */
  public void follow(Set<Integer> before, List<Link> links, int bridge) {
    Set<Integer> left = new HashSet<>(before);
    for (Link link : links) {
      if (link.masterIndex() == bridge && !ProbeDevice.isName(link.name())) {
        indexes.add(link.index());
      }
      if (link.masterIndex() == bridge || link.masterIndex() == 0) {
        left.remove(link.index());
      }
    }
    indexes.removeAll(left);
  }
}
