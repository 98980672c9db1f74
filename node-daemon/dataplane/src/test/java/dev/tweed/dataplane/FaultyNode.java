package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;

/** Node n1 of {@link Example} in a network namespace, with a data path behind {@link Seams}. */
final class FaultyNode implements AutoCloseable {
  final Netns netns = Netns.open();
  Seams seams;
  DataPath dataPath;
  private final Path run;
  private final DataPathOptions options;

  FaultyNode() {
    try {
      run = Files.createTempDirectory("tweed-fault");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    options = DataPathOptions.defaults().withRunDir(run);
    netns.sh(
        """
        sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
          net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv4.conf.all.rp_filter=1 \
          net.bridge.bridge-nf-call-iptables=0
        printf '%s\\n' 'link add eth0 type veth peer name far' 'link set far up' 'link set eth0 up' \
          'addr add 192.0.2.1/24 dev eth0' 'addr add 2001:db8::1/64 dev eth0 nodad' | ip -batch -
        # Addresses are in force when the kernel has seen the carrier, in its own time.
        until ip -6 route show table local | grep -q 'local 2001:db8::1 '; do sleep 0.01; done
        """);
    restart();
  }

  /** Another process takes over; of the one before nothing is left but what it wrote. */
  void restart() {
    close(dataPath);
    netns.call(
        () -> {
          seams = new Seams(RtnetlinkSocket.open(), new NfTablesSocket());
          dataPath =
              new DataPath(options, seams.netlink(), seams.tables(), System::nanoTime, seams);
          return null;
        });
  }

  SyncReport sync(Example example) {
    return sync(example.snapshot());
  }

  SyncReport sync(ClusterSnapshot snapshot) {
    return netns.call(() -> dataPath.sync(snapshot));
  }

  CleanupReport cleanup() {
    return netns.call(() -> dataPath.cleanup());
  }

  KernelDump dump() {
    return KernelDump.of(netns);
  }

  /**
   * As few syncs as it may take, two, bring the kernel to what it is on a fresh machine, and
   * another one has nothing to do.
   */
  void assertConverges(Example example) {
    KernelDump fresh = FaultExamples.fresh(example);
    assertSettles(example);
    within(
        () -> {
          // As after an event: of the kernel's own doing, which comes late.
          sync(example);
          assertThat(dump().differenceOfOurs(fresh)).isEmpty();
        });
  }

  /** A cleanup leaves nothing of ours, and all else as it was. */
  void assertCleansUp(KernelDump before) {
    seams.follow(Seams.Script.NONE);
    assertThat(cleanup().remaining()).isEmpty();
    within(() -> assertThat(dump().difference(before)).isEmpty());
  }

  /** The kernel makes routes of IPv6 addresses in its own time. */
  static void within(ThrowingRunnable assertion) {
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .atMost(Duration.ofSeconds(3))
          .untilAsserted(assertion);
    } catch (ConditionTimeoutException late) {
      throw new AssertionError(late.getCause());
    }
  }

  /** At most two syncs are verified, and another one has nothing to do. */
  void assertSettles(Example example) {
    seams.follow(Seams.Script.NONE);
    SyncReport report = sync(example);
    SyncReport next = sync(example);
    if (!report.verified() || !next.applied().isEmpty()) {
      report = next;
      next = sync(example);
    }
    for (int i = 0; i < 50 && removesWhatTheKernelMade(next); i++) {
      report = next;
      next = sync(example);
    }
    assertThat(report.verified()).as("verified in %s", report).isTrue();
    // That a stranger's route takes the packets is true, and no fault of ours.
    assertThat(report.findings())
        .filteredOn(finding -> finding.reason() != Reason.RouteShadowed)
        .isEmpty();
    assertThat(next.applied()).isEmpty();
    assertThat(next.verified()).isTrue();
  }

  /** The local routes of IPv6 addresses, which come in the kernel's own time, and nothing else. */
  private static boolean removesWhatTheKernelMade(SyncReport report) {
    return !report.applied().isEmpty()
        && report.applied().stream()
            .allMatch(
                change ->
                    change.action() == Change.Action.REMOVED
                        && change.object().endsWith(" table local"));
  }

  private void close(DataPath path) {
    if (path != null) {
      netns.call(
          () -> {
            path.close();
            return null;
          });
    }
  }

  @Override
  public void close() {
    close(dataPath);
    netns.close();
    try (var files = Files.list(run)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(run);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
