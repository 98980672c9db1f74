package dev.tweed.firewall;

import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import dev.tweed.netlink.socket.NftGeneration;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Tells when rules that may be the host's firewall change, until closed. Rules of iptables-legacy
 * give no events.
 *
 * <p>The first of many changes is told at once, all others of the next quarter of a second together
 * at its end: a change waits no longer than that, and whoever looks on being told looks four times
 * a second at most, whatever goes on. What the listener itself brings about is told, too.
 */
public final class RulesetMonitor implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(250);

  /** Tables without a say: they are of the data path, only count, or only translate addresses. */
  private static final Set<String> OTHER_TABLES =
      Set.of(
          "tweed",
          "tweed-policy",
          "tweed-spoof",
          "tweed-tunnel",
          "tweed-trace",
          "kube-proxy",
          "nat",
          "cni_hostport");

  /** With which names of our tables begin. */
  private static final String OURS = "tweed-";

  /** Chains of kube-proxy, kubelet and CNI plugins, which change with each Service and pod. */
  private static final List<String> OTHER_CHAINS = List.of("KUBE-", "CNI-");

  private final Runnable onChange;
  private final Predicate<NetlinkEvent> concerns;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final NetlinkMonitor netlink;
  private boolean news; // of the monitor's thread

  private RulesetMonitor(Runnable onChange, Predicate<NetlinkEvent> concerns) {
    this.onChange = onChange;
    this.concerns = concerns;
    this.netlink =
        NetlinkMonitor.open(Set.of(NetlinkGroup.NFTABLES), this::hear, this::afterEvents);
  }

  /**
   * Starts listening in the calling thread's network namespace. Changes after the return are told.
   *
   * @param onChange called on a thread of the monitor; must return quickly
   * @throws NetlinkException when the kernel cannot be listened to
   */
  public static RulesetMonitor open(Runnable onChange) {
    return new RulesetMonitor(onChange, RulesetMonitor::concerns);
  }

  /**
   * The same for tables of these names only.
   *
   * @throws NetlinkException when the kernel cannot be listened to
   */
  public static RulesetMonitor ofTables(Set<String> tables, Runnable onChange) {
    return new RulesetMonitor(
        onChange,
        event ->
            event instanceof NetlinkEvent.EventsLost
                || event instanceof NetlinkEvent.NftablesChanged change
                    && change.places().stream().anyMatch(p -> tables.contains(p.table())));
  }

  /**
   * The number of the rules in the calling thread's network namespace: while it is the same, none
   * has changed. It does not count rules of iptables-legacy.
   *
   * @return empty if the kernel does not tell
   */
  public static OptionalInt generation() {
    return NftGeneration.read();
  }

  /** Whether an event may be a change of a firewall. */
  static boolean concerns(NetlinkEvent event) {
    return switch (event) {
      case NetlinkEvent.EventsLost lost -> true;
      case NetlinkEvent.NftablesChanged change ->
          change.places().stream().anyMatch(RulesetMonitor::concerns);
      default -> false;
    };
  }

  /**
   * Programs that ban addresses (CrowdSec, fail2ban) change sets all day. Others' elements alone do
   * not make or end a firewall; where they do, the next audit sees it.
   */
  private static boolean concerns(NetlinkEvent.NftPlace place) {
    return !OTHER_TABLES.contains(place.table())
        && (!place.element() || place.table().startsWith(OURS))
        && OTHER_CHAINS.stream().noneMatch(place.chain()::startsWith);
  }

  private void hear(NetlinkEvent event) {
    news |= concerns.test(event);
  }

  private void afterEvents() {
    if (!news) {
      return;
    }
    news = false;
    try {
      onChange.run();
    } finally {
      pause();
    }
  }

  /** Meanwhile events queue in the kernel; if they are too many, their loss is an event, too. */
  private void pause() {
    try {
      closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
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
