package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Listens to netlink. When the kernel tells of a setting, and every few seconds, since of most it
 * tells nothing, it looks at sysctls; half a second after events that had to wait, for more of
 * them. All in the thread of the one monitor: each wake-up costs more than what is done in it.
 */
public final class KernelMonitor implements DataPathMonitor {

  /** Nobody but a person or a configuration tool writes what the kernel does not tell of. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  private static final Duration WAIT = Duration.ofMillis(500);

  private final DriftDetector lookout;
  private final SysctlWatch sysctls;
  private final Runnable onChange;
  private final NetlinkMonitor netlink;

  // Of the monitor's thread.
  private boolean told;
  private long lookAt = System.nanoTime() + LOOK.toNanos();
  private Optional<Long> moreAt = Optional.empty();

  private KernelMonitor(DriftDetector lookout, SysctlWatch sysctls, Runnable onChange) {
    this.lookout = lookout;
    this.sysctls = sysctls;
    this.onChange = onChange;
    this.netlink = listen();
  }

  /**
   * Starts listening in the calling thread's network namespace.
   *
   * @param lookout knows what calls for a sync
   * @param sysctls looks at them, in the monitor's thread; closed in the end
   * @param onChange what to call then
   */
  public static KernelMonitor open(DriftDetector lookout, SysctlWatch sysctls, Runnable onChange) {
    return new KernelMonitor(lookout, sysctls, onChange);
  }

  private NetlinkMonitor listen() {
    Set<NetlinkGroup> groups = EnumSet.allOf(NetlinkGroup.class);
    try {
      return NetlinkMonitor.open(groups, this::hear, LOOK, this::rest);
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EPROTONOSUPPORT) {
        throw e;
      }
      // A kernel without nftables has no rules to watch either.
      groups.remove(NetlinkGroup.NFTABLES);
      return NetlinkMonitor.open(groups, this::hear, LOOK, this::rest);
    }
  }

  private void hear(NetlinkEvent event) {
    told |=
        event instanceof NetlinkEvent.SettingChanged || event instanceof NetlinkEvent.EventsLost;
    if (lookout.isNews(event)) {
      onChange.run();
    }
  }

  private Optional<Duration> rest() {
    long now = System.nanoTime();
    if (told || lookAt - now <= 0) {
      told = false;
      lookAt = now + LOOK.toNanos();
      if (sysctls.drifted(lookout.sysctls())) {
        onChange.run();
      }
    }
    if (moreAt.filter(at -> at - now <= 0).isPresent()) {
      moreAt = Optional.empty();
      if (lookout.moreNews()) {
        onChange.run();
      }
    }
    if (moreAt.isEmpty() && lookout.hasWaiting()) {
      moreAt = Optional.of(now + WAIT.toNanos());
    }
    long next = moreAt.map(at -> Math.min(at - now, lookAt - now)).orElse(lookAt - now);
    return Optional.of(Duration.ofNanos(Math.max(0, next)));
  }

  /** No event is told after the return. */
  @Override
  public void close() {
    netlink.close();
    sysctls.close();
  }
}
