package dev.tweed.fastpath.kernel;

import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import java.util.Set;

/**
 * Tells that a port of a bridge was made, changed or removed, or that somebody begins or ends to
 * listen on it, in the network namespace of the thread that opens it. Of queue disciplines and
 * programs it tells nothing.
 */
public final class DeviceWatch implements AutoCloseable {
  private final NetlinkMonitor monitor;

  private DeviceWatch(NetlinkMonitor monitor) {
    this.monitor = monitor;
  }

  /**
   * Starts to listen.
   *
   * @param onChange called in a thread of its own; must return quickly
   * @throws NetlinkException when the system gives no socket
   */
  public static DeviceWatch open(Runnable onChange) {
    return new DeviceWatch(
        NetlinkMonitor.open(
            Set.of(NetlinkGroup.LINK),
            event -> {
              if (concernsPort(event)) {
                onChange.run();
              }
            }));
  }

  private static boolean concernsPort(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.LinkChanged changed -> changed.link().masterIndex() != 0;
      case NetlinkEvent.EventsLost lost -> true;
      default -> false;
    };
  }

  /** Nothing is told after the return. */
  @Override
  public void close() {
    monitor.close();
  }
}
