package dev.tweed.netlink.socket;

import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkGroup;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tells a listener of changes in the network namespace the opening thread is in, from a platform
 * thread of its own. The listener must return quickly; while it works, events queue in the kernel,
 * and what does not fit there ends as one {@link NetlinkEvent.EventsLost}.
 */
public final class NetlinkMonitor implements AutoCloseable {

  private NetlinkMonitor() {}

  /**
   * Subscribes and starts the thread. Changes after the return are told.
   *
   * @throws dev.tweed.netlink.NetlinkException when the system gives no such socket
   */
  public static NetlinkMonitor open(Set<NetlinkGroup> groups, Consumer<NetlinkEvent> listener) {
    throw new UnsupportedOperationException("not written yet");
  }

  /** Ends the thread; no event is delivered after the return (unless called by the listener). */
  @Override
  public void close() {}
}
