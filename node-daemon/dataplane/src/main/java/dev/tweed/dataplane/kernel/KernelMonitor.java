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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Listens to netlink, and looks at sysctls: when the kernel tells that one has changed, of which it
 * tells some, and each second, for the others (without bridge-nf-call-iptables Services do not work
 * between pods of this node). No more often than twice a second, as for events that had to wait.
 */
public final class KernelMonitor implements DataPathMonitor {

  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final NetlinkMonitor netlink;
  private final Semaphore calls;
  private final CountDownLatch closed = new CountDownLatch(1);

  private KernelMonitor(NetlinkMonitor netlink, Semaphore calls) {
    this.netlink = netlink;
    this.calls = calls;
  }

  /**
   * Starts listening in the calling thread's network namespace.
   *
   * @param lookout knows what calls for a sync
   * @param sysctls looks at them, in its own thread; closed in the end
   * @param onChange what to call then
   */
  public static KernelMonitor open(Lookout lookout, SysctlWatch sysctls, Runnable onChange) {
    Semaphore calls = new Semaphore(0);
    Consumer<NetlinkEvent> listener =
        event -> {
          if (lookout.isNews(event)) {
            onChange.run();
          }
          if (event instanceof NetlinkEvent.SettingChanged || lookout.keepsNews()) {
            calls.release();
          }
        };
    KernelMonitor monitor = new KernelMonitor(listen(listener), calls);
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
      boolean called;
      do {
        called = calls.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
        calls.drainPermits();
        boolean more = lookout.moreNews();
        if (closed.getCount() > 0 && (sysctls.drifted(lookout.sysctls()) || more)) {
          onChange.run();
        }
      } while (!closed.await(called ? PAUSE.toMillis() : 0, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    calls.release();
    netlink.close();
  }
}
