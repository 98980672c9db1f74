package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Listens to netlink, and twice a second looks at sysctls (a switched-off ip_forward stops all pods
 * and gives no event that this library reads) and for events that had to wait.
 */
public final class KernelMonitor implements DataPathMonitor {

  private static final Duration PERIOD = Duration.ofMillis(500);

  private final NetlinkMonitor netlink;
  private final CountDownLatch closed = new CountDownLatch(1);

  private KernelMonitor(NetlinkMonitor netlink) {
    this.netlink = netlink;
  }

  /**
   * Starts listening in the calling thread's network namespace.
   *
   * @param lookout knows what calls for a sync
   * @param sysctls looks at them, in its own thread; closed in the end
   * @param onChange what to call then
   */
  public static KernelMonitor open(Lookout lookout, SysctlWatch sysctls, Runnable onChange) {
    Consumer<NetlinkEvent> listener =
        event -> {
          if (lookout.isNews(event)) {
            onChange.run();
          }
        };
    KernelMonitor monitor = new KernelMonitor(listen(listener));
    // Started from here, the thread is in the namespace of the caller, as are the files it reads.
    Thread.ofPlatform()
        .name("sysctl-monitor")
        .daemon()
        .start(() -> monitor.poll(lookout, sysctls, onChange));
    return monitor;
  }

  private static NetlinkMonitor listen(Consumer<NetlinkEvent> listener) {
    Set<NetlinkGroup> groups = EnumSet.allOf(NetlinkGroup.class);
    try {
      return NetlinkMonitor.open(groups, listener);
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EPROTONOSUPPORT) {
        throw e;
      }
      // A kernel without nftables has no rules to watch either.
      groups.remove(NetlinkGroup.NFTABLES);
      return NetlinkMonitor.open(groups, listener);
    }
  }

  private void poll(Lookout lookout, SysctlWatch sysctls, Runnable onChange) {
    try (sysctls) {
      while (!closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
        boolean more = lookout.moreNews();
        if (sysctls.drifted(lookout.sysctls()) || more) {
          onChange.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    netlink.close();
  }
}
