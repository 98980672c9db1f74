package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.SyncReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls for another sync on a real kernel, and what does not. */
@Tag("kernel")
class KernelMonitorTest {
  private static final Example EXAMPLE =
      Example.vxlan().dualStack().with(Example.peer(2), Example.peer6(2));

  /** PROC_PID_INIT_INO of include/linux/proc_ns.h. */
  private static final String FIRST_PID_NAMESPACE = "pid:[4026531836]";

  private final AtomicInteger news = new AtomicInteger();
  private TestNode node;
  private DataPathMonitor monitor;

  @BeforeEach
  void setUp() {
    node = TestNode.alone();
    node.sync(EXAMPLE);
    monitor = node.in(() -> node.dataPath.monitor(news::incrementAndGet));
  }

  @AfterEach
  void tearDown() {
    monitor.close();
    node.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip link set tweed.1 down",
        "ip link del tweed.1",
        "ip link set tweed.1 mtu 1300",
        "ip link set tweed.1 address 02:aa:aa:aa:aa:aa",
        "ip link del tweed-br0",
        "ip link set tweed-br0 type bridge stp_state 1",
        "ip addr del 10.244.1.1/24 dev tweed-br0",
        "ip addr add 10.244.9.1/24 dev tweed-br0",
        "ip addr del 10.244.1.0/32 dev tweed.1",
        "ip addr del 192.0.2.1/24 dev eth0",
        "ip link set eth0 mtu 1400",
        "ip link del eth0",
        "ip route del 10.244.2.0/24",
        "ip -6 route del fd00:10:244:2::/64 proto 116",
        "ip route replace 10.244.2.0/24 via 192.0.2.77",
        "ip -6 route replace fd00:10:244:2::/64 via 2001:db8::77 metric 1",
        "ip route prepend 10.244.2.0/24 via 192.0.2.77",
        "ip nexthop flush proto 116",
        "ip neigh del 10.244.2.0 dev tweed.1",
        "bridge fdb del 02:00:00:00:00:02 dev tweed.1 dst 192.0.2.2",
        "bridge fdb append 00:00:00:00:00:00 dev tweed.1 dst 192.0.2.9",
        "sysctl -qw net.ipv4.ip_forward=0",
        "sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0",
        "ip link del tweed-probe",
        "ip link set tweed-probe down",
        "ip link set tweed-probe-br nomaster",
        "ip addr del 10.244.1.254/32 dev tweed-probe",
        "ip route add local 10.244.1.254 dev tweed-probe table local proto kernel",
        "ip route del default table 7416",
        "ip -6 route flush table 7416",
        "ip rule del pref 74",
        "ip neigh del fe80::7416 dev tweed-probe",
        "ip rule add from 10.244.9.254 pref 74 lookup 7416 proto 116",
        "nft flush ruleset",
        "nft add rule inet tweed postrouting counter",
        "nft delete element inet tweed-tunnel peers-ipv4 { 192.0.2.2 }"
      })
  void damageIsNews(String damage) {
    node.sh(damage);

    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);
  }

  @Test
  void settingsThatTheKernelTellsOfAreNotWaitedFor() {
    for (String damage :
        List.of(
            "ipv4.ip_forward=0", "ipv6.conf.all.forwarding=0", "ipv4.conf.tweed/1.rp_filter=1")) {
      node.sync(EXAMPLE);
      news.set(0);

      node.sh("sysctl -qw net." + damage);

      // They are looked at every five seconds otherwise
      await(damage).atMost(Duration.ofSeconds(3)).until(() -> news.get() > 0);
    }
  }

  @Test
  void whatIsNewsIsMendedByTheNextSync() {
    node.sh("nft flush ruleset; ip link del tweed.1; sysctl -qw net.ipv4.ip_forward=0");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);

    assertThat(node.sync(EXAMPLE).verified()).isTrue();
    assertThat(node.sh("nft list table inet tweed")).contains("masquerade");
    assertThat(node.sh("ip link show tweed.1")).contains("UP");
  }

  @Test
  void whatHappenedWhileNobodyListenedIsMendedByTheNextSync() {
    monitor.close();
    node.sh("nft flush ruleset");
    monitor = node.in(() -> node.dataPath.monitor(news::incrementAndGet));

    node.sync(EXAMPLE);

    assertThat(node.sh("nft list table inet tweed")).contains("masquerade");
  }

  @Test
  void podsThatCameSinceTheLastSyncAreAttachedToANewBridge() {
    var pod = node.pod(10);
    node.sh("ip link del tweed-br0");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);

    node.sync(EXAMPLE);

    assertThat(pod.sh("ping -c 1 -W 5 10.244.1.1")).contains("1 received");
  }

  /** As systemd-networkd does, where a file of its matches every device. */
  @Test
  void aPortThatIsTakenOutOfTheBridgeIsPutBack() {
    var pod = node.pod(10);
    pod.sh("ping -c 1 -W 5 10.244.1.1");
    node.sh("ip link set veth10 nomaster");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(pod.sh("ping -c 1 -W 5 10.244.1.1")).contains("1 received");
  }

  @Test
  void podsAndOtherTablesAreNoNews() {
    node.pod(10).sh("ping -c 1 -W 5 10.244.1.1");
    node.pod(11).sh("ip link del eth0");
    node.sh("ip link add x0 type bridge; ip link set x0 up; ip addr add 10.9.9.9/24 dev x0");
    node.sh("ip nexthop add id 7 via 192.0.2.77 dev eth0");
    node.sh("ip route add 10.9.8.0/24 via 10.9.9.1; nft add table ip other; ip link del x0");

    assertThat(newsSoFar()).isZero();
  }

  /** Which of them wins is the kernel's to say, and it is asked. */
  @Test
  void routesToPodsThatLoseAreNewsAndNoFindings() {
    node.sh("ip route add 10.244.2.0/24 via 192.0.2.77 metric 20");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.findings()).isEmpty();
    assertThat(report.applied()).isEmpty();
  }

  /**
   * One change each: what the kernel tells in its own name, such as of FDB entries, is compared
   * with the newest sync's wishes, which may be others by then. That costs a sync more, and no
   * harm.
   */
  @ParameterizedTest
  @MethodSource("changes")
  void ourOwnChangesAreNoNews(Example change) {
    node.sync(change);

    assertThat(newsSoFar()).isLessThanOrEqualTo(unknownToUs(change));
  }

  /**
   * nft's changes are told with process ids of the first PID namespace: in any other, as in a
   * container, ours cannot be known by them.
   */
  private static int unknownToUs(Example change) {
    boolean firstPids = FIRST_PID_NAMESPACE.equals(pidNamespace());
    return firstPids || change.podCidrs().equals(EXAMPLE.podCidrs()) ? 0 : 1;
  }

  private static String pidNamespace() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Named<Example>> changes() {
    return List.of(
        Named.of("peers", EXAMPLE.with(Example.peer(3), Example.peer(4))),
        Named.of(
            "pod CIDRs", EXAMPLE.withPodCidrs("10.244.0.0/16", "10.99.0.0/16", "fd00:10:244::/48")),
        Named.of("MTU", EXAMPLE.withMtu(1300)));
  }

  /**
   * Counts after two changes that certainly are news, one on each socket: events keep their order.
   */
  private int newsSoFar() {
    int before = news.get();
    node.sh("ip route add 10.244.250.0/24 dev tweed-br0 proto 116");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > before);
    int between = news.get();
    node.sh("nft add rule inet tweed postrouting counter");
    await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > between);
    return news.get() - 2;
  }
}
