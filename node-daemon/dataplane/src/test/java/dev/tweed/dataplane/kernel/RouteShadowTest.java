package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.AddressFamily;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What takes packets elsewhere on a real kernel is told within five seconds of its event, with the
 * command that ends it, and no longer told once that was typed.
 */
@Tag("kernel")
class RouteShadowTest {
  private static final Example EXAMPLE =
      Example.vxlan()
          .dualStack()
          .with(
              Example.peer(2),
              Example.peer6(2),
              Example.peer(3),
              Example.peer6(3),
              Example.peer(4),
              Example.peer6(4));

  private static final int PEERS = 6;

  private final AtomicLong clock = new AtomicLong();
  private final AtomicInteger news = new AtomicInteger();
  private TestNode node;
  private DataPathMonitor monitor;

  @BeforeEach
  void setUp() {
    node = TestNode.alone(clock::get);
    monitor = node.in(() -> node.dataPath.monitor(news::incrementAndGet));
    SyncReport report = node.sync(EXAMPLE);
    assertThat(report.findings()).isEmpty();
    assertThat(report.peersProgrammed()).isEqualTo(PEERS);
    assertThat(report.again()).isEmpty();
  }

  @AfterEach
  void tearDown() {
    monitor.close();
    node.close();
  }

  /**
   * A way to take packets elsewhere.
   *
   * @param blocking whether it takes those of this node's pods too
   */
  private record Shadow(
      String name, boolean blocking, String damage, String message, String remedy) {

    private Shadow of(AddressFamily family) {
      return new Shadow(
          name + " " + family,
          blocking,
          in(family, damage),
          in(family, message),
          in(family, remedy));
    }

    private static String in(AddressFamily family, String text) {
      boolean v4 = family == AddressFamily.IPV4;
      return text.replace("$IP", v4 ? "ip" : "ip -6")
          .replace("$BLOCK", v4 ? "10.244.2.0/24" : "fd00:10:244:2::/64")
          .replace("$MIDDLE", v4 ? "10.244.2.64/26" : "fd00:10:244:2:4000::/66")
          .replace("$HALF", v4 ? "10.244.2.0/25" : "fd00:10:244:2::/65")
          .replace("$POOL", v4 ? "10.244.0.0/16" : "fd00:10:244::/48")
          .replace("$CNI", v4 ? "10.244.2.1/25" : "fd00:10:244:2::1/65")
          .replace("$ALL", v4 ? "0.0.0.0/0" : "::/0")
          .replace("$VIA", v4 ? "192.0.2.9" : "2001:db8::9")
          .replace("$OWN", v4 ? "10.244.1.0/24" : "fd00:10:244:1::/64")
          .replace("$FAMILY", v4 ? "IPv4" : "IPv6")
          .replace("$FIRST", v4 ? "metric 0" : "metric 1")
          .replace("$BY_DEFAULT", v4 ? "metric 0" : "metric 1024")
          .replace("$CONNECTED", v4 ? "metric 0" : "metric 256")
          .replace(" metric 0 proto", " proto");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Shadow> shadows() {
    List<Shadow> all =
        List.of(
            new Shadow(
                "longer prefix",
                false,
                "$IP route add $MIDDLE via $VIA dev eth0 proto bird",
                "packets to $MIDDLE in block $BLOCK of node n2 take route $MIDDLE via $VIA dev eth0"
                    + " (protocol bird, $BY_DEFAULT) of table main, by rule 32766",
                "$IP route del $MIDDLE via $VIA dev eth0 $BY_DEFAULT proto 12"),
            new Shadow(
                "blackhole",
                false,
                "$IP route add blackhole $MIDDLE",
                "packets to $MIDDLE in block $BLOCK of node n2 take route blackhole $MIDDLE"
                    + " (protocol boot, $BY_DEFAULT) of table main, by rule 32766",
                "$IP route del blackhole $MIDDLE $BY_DEFAULT proto 3"),
            new Shadow(
                "unreachable",
                false,
                "$IP route add unreachable $HALF",
                "packets to $HALF in block $BLOCK of node n2 take route unreachable $HALF"
                    + " (protocol boot, $BY_DEFAULT) of table main, by rule 32766",
                "$IP route del unreachable $HALF $BY_DEFAULT proto 3"),
            new Shadow(
                "table by rule",
                false,
                "$IP route add $BLOCK via $VIA dev eth0 table 52; $IP rule add pref 5270 lookup 52",
                "packets to block $BLOCK of node n2 take route $BLOCK via $VIA dev eth0"
                    + " (protocol boot, $BY_DEFAULT) of table 52, by rule 5270",
                "$IP route del $BLOCK via $VIA dev eth0 table 52 $BY_DEFAULT proto 3"),
            new Shadow(
                "everything by rule",
                true,
                "$IP route add default via $VIA dev eth0 table 52; $IP rule add pref 5270 lookup 52",
                "packets to this node's block $OWN and to 3 of 3 $FAMILY blocks of other nodes do not"
                    + " take the way of the pod network; packets to this node's block $OWN take route"
                    + " $ALL via $VIA dev eth0 (protocol boot, $BY_DEFAULT) of table 52, by rule"
                    + " 5270",
                "$IP rule del pref 5270 lookup 52"),
            new Shadow(
                "rule by mark",
                false,
                "$IP route add $BLOCK via $VIA dev eth0 table 53;"
                    + " $IP rule add pref 100 fwmark 0x4000/0x4000 lookup 53",
                "packets with the mark 0x4000 (Services, to be masqueraded) to block $BLOCK of node"
                    + " n2 take route $BLOCK via $VIA dev eth0 (protocol boot, $BY_DEFAULT) of table"
                    + " 53, by rule 100 (fwmark 0x4000/0x4000)",
                "$IP route del $BLOCK via $VIA dev eth0 table 53 $BY_DEFAULT proto 3"),
            new Shadow(
                "rule that drops",
                false,
                "$IP rule add pref 90 to $BLOCK iif tweed-br0 prohibit",
                "packets of pods to block $BLOCK of node n2 are dropped by rule 90 (to $BLOCK iif"
                    + " tweed-br0 prohibit)",
                "$IP rule del pref 90 to $BLOCK iif tweed-br0 prohibit"),
            new Shadow(
                "all blocks of a family by rules",
                true,
                "$IP route add blackhole default table 54;"
                    + " $IP rule add pref 100 to $POOL lookup 54;"
                    + " $IP rule add pref 99 to $OWN lookup main",
                "packets to 3 of 3 $FAMILY blocks of other nodes do not take the way of the pod"
                    + " network; packets to block $BLOCK of node n2 take route blackhole $ALL"
                    + " (protocol boot, $BY_DEFAULT) of table 54, by rule 100 (to $POOL)",
                "$IP rule del pref 100 to $POOL lookup 54"),
            new Shadow(
                "a part by rule",
                false,
                "$IP route add default via $VIA dev eth0 table 52;"
                    + " $IP rule add pref 5270 to $MIDDLE lookup 52",
                "packets to $MIDDLE in block $BLOCK of node n2 take route $ALL via $VIA dev eth0"
                    + " (protocol boot, $BY_DEFAULT) of table 52, by rule 5270 (to $MIDDLE)",
                "$IP rule del pref 5270 to $MIDDLE lookup 52"),
            new Shadow(
                "rule that drops a part",
                false,
                "$IP rule add pref 92 to $MIDDLE blackhole",
                "packets to $MIDDLE in block $BLOCK of node n2 are dropped by rule 92 (to $MIDDLE"
                    + " blackhole)",
                "$IP rule del pref 92 to $MIDDLE blackhole"),
            new Shadow(
                "rule that leads to one that drops",
                false,
                "$IP rule add pref 91 to $BLOCK goto 40000; $IP rule add pref 40000 blackhole",
                "packets to block $BLOCK of node n2 are dropped by rule 40000 (blackhole)",
                "$IP rule del pref 40000 blackhole"),
            new Shadow(
                "connected route of a bridge left behind",
                false,
                "ip link add cni0 type bridge; ip link set cni0 up; $IP address add $CNI dev cni0",
                "packets to $HALF in block $BLOCK of node n2 take route $HALF dev cni0"
                    + " (protocol kernel, $CONNECTED) of table main, by rule 32766",
                "ip link del cni0"),
            new Shadow(
                "connected route of somebody's device",
                false,
                "$IP address add $CNI dev eth0",
                "packets to $HALF in block $BLOCK of node n2 take route $HALF dev eth0"
                    + " (protocol kernel, $CONNECTED) of table main, by rule 32766",
                "$IP address del $CNI dev eth0"));
    return all.stream().flatMap(shadow -> Arrays.stream(AddressFamily.values()).map(shadow::of));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shadows")
  void isToldWithTheCommandThatEndsIt(Shadow shadow) {
    // When
    // In one sync, or in several where the kernel takes its time to answer.
    SyncReport report =
        afterNewsOf(shadow.damage(), r -> !told(r).isEmpty() && r.again().isEmpty());

    // Then
    assertThat(told(report))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.message()).isEqualTo(shadow.message());
              assertThat(finding.remedy()).isEqualTo(shadow.remedy());
              assertThat(finding.isBlocking()).isEqualTo(shadow.blocking());
            });
    assertThat(report.peersProgrammed()).isEqualTo(shadow.blocking() ? PEERS / 2 : PEERS - 1);
    assertThat(report.verified()).as("the data path is in the kernel").isTrue();

    // And when its remedy is typed
    SyncReport after = afterNewsOf(told(report).getFirst().remedy(), r -> told(r).isEmpty());

    // Then
    assertThat(after.findings()).isEmpty();
    assertThat(after.peersProgrammed()).isEqualTo(PEERS);
    assertThat(after.applied()).as("nothing of ours was removed").isEmpty();
  }

  static Stream<String> equals() {
    return Stream.of(
            "$IP route prepend $BLOCK via $VIA dev eth0 $FIRST",
            "$IP route replace $BLOCK via $VIA dev eth0 $FIRST")
        .flatMap(
            command ->
                Arrays.stream(AddressFamily.values()).map(family -> Shadow.in(family, command)));
  }

  @ParameterizedTest
  @MethodSource("equals")
  void oneOfTheSamePrefixAndMetricIsPutRight(String command) {
    SyncReport report =
        afterNewsOf(command, r -> told(r).isEmpty() && r.peersProgrammed() == PEERS);

    assertThat(report.findings()).isEmpty();
    assertThat(node.sh("ip route get 10.244.2.5; ip -6 route get fd00:10:244:2::5"))
        .doesNotContain("dev eth0");
  }

  @Test
  void whatWasThereBeforeTheFirstSyncIsTold() {
    node.sh("ip route add 10.244.3.7/32 via 192.0.2.9; ip -6 route add fd00:10:244:3::7 dev eth0");
    node.in(
        () -> {
          node.dataPath.cleanup();
          return null;
        });

    SyncReport report = node.sync(EXAMPLE);

    assertThat(told(report))
        .extracting(Finding::object)
        .containsExactly("n3 10.244.3.0/24", "n3 fd00:10:244:3::/64");
    assertThat(told(report))
        .extracting(Finding::remedy)
        .containsExactly(
            "ip route del 10.244.3.7/32 via 192.0.2.9 dev eth0 proto 3",
            "ip -6 route del fd00:10:244:3::7/128 dev eth0 metric 1024 proto 3");
  }

  /** As one that a virtual IP or a network of before left on a device. */
  @Test
  void thatThisHostHasAnAddressOfAnotherNodesPodsIsTold() {
    node.sh("ip addr add 10.244.3.7/32 dev lo; ip -6 addr add fd00:10:244:3::7/128 dev lo");
    node.in(
        () -> {
          node.dataPath.cleanup();
          return null;
        });

    SyncReport report = node.sync(EXAMPLE);

    assertThat(told(report))
        .extracting(Finding::object, Finding::remedy)
        .containsExactly(
            tuple("n3 10.244.3.0/24", "ip address del 10.244.3.7/32 dev lo"),
            tuple("n3 fd00:10:244:3::/64", "ip -6 address del fd00:10:244:3::7/128 dev lo"));
    assertThat(
            afterNewsOf(
                    told(report).getFirst().remedy() + "; " + told(report).getLast().remedy(),
                    r -> told(r).isEmpty())
                .peersProgrammed())
        .isEqualTo(PEERS);
  }

  @Test
  void whatWasInABlockBeforeItsNodeCameIsToldInAMinute() {
    afterNewsOf("ip route add 10.244.5.64/26 via 192.0.2.9", r -> r.again().isEmpty());
    Example more =
        EXAMPLE.with(Stream.concat(EXAMPLE.peers().stream(), Stream.of(Example.peer(5))).toList());
    node.sync(more);
    clock.addAndGet(Duration.ofMinutes(1).toNanos());

    SyncReport report = node.sync(more);

    assertThat(told(report))
        .singleElement()
        .satisfies(finding -> assertThat(finding.object()).contains("10.244.5.0/24"));
  }

  @Test
  void aRouteForASourceIsToldWithIt() {
    SyncReport report =
        afterNewsOf(
            "ip -6 route add fd00:10:244:2:4000::/66 from fd00:10:244:1::/64 via 2001:db8::9",
            r -> !told(r).isEmpty());

    assertThat(told(report))
        .extracting(Finding::remedy)
        .containsExactly(
            "ip -6 route del fd00:10:244:2:4000::/66 from fd00:10:244:1::/64 via 2001:db8::9"
                + " dev eth0 metric 1024 proto 3");
    assertThat(afterNewsOf(told(report).getFirst().remedy(), r -> told(r).isEmpty()).findings())
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aRouteOfOthersInTheTableOfProbesIsTold(AddressFamily family) {
    SyncReport report =
        afterNewsOf(
            Shadow.in(family, "$IP route add blackhole $BLOCK table 7416"),
            r -> !told(r).isEmpty());

    assertThat(told(report))
        .extracting(Finding::object, Finding::isBlocking, Finding::remedy)
        .containsExactly(
            tuple(
                "probes",
                false,
                Shadow.in(
                    family, "$IP route del blackhole $BLOCK table 7416 $BY_DEFAULT proto 3")));
    assertThat(report.peersProgrammed()).as("pods do not take it").isEqualTo(PEERS);
    assertThat(afterNewsOf(told(report).getFirst().remedy(), r -> told(r).isEmpty()).findings())
        .isEmpty();
  }

  @Test
  void aSourceThatIsNotBelievedIsTold() {
    // Strict, the filter wants the way back to lead by the device a packet came by.
    String damage =
        "ip rule add pref 70 to 10.244.1.0/24 iif lo lookup 7;"
            + " sysctl -qw net.ipv4.conf.tweed-br0.rp_filter=1; ip route add 10.244.1.0/30 dev eth0";

    SyncReport report = afterNewsOf(damage, r -> !told(r).isEmpty());

    assertThat(told(report)).singleElement().satisfies(f -> assertThat(f.isBlocking()).isTrue());
  }

  @Test
  void theOwnBlockWithoutARouteIsTold() {
    SyncReport report =
        afterNewsOf("ip route del 10.244.1.0/24 dev tweed-br0", r -> !told(r).isEmpty());

    assertThat(told(report))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.isBlocking()).isTrue();
              assertThat(finding.message())
                  .isEqualTo("packets to this node's block 10.244.1.0/24 have no route");
            });
    assertThat(afterNewsOf(told(report).getFirst().remedy(), r -> told(r).isEmpty()).findings())
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theWayOutsideIsToldWhereTheHostHasOne(AddressFamily family) {
    // Given a host that itself has a way outside
    node.sh(Shadow.in(family, "$IP route add default via $VIA dev eth0"));

    SyncReport report =
        afterNewsOf(
            Shadow.in(
                family,
                "$IP route add throw 192.0.2.0/24 table 60; $IP route add unreachable default table 60;"
                        .replace("throw 192.0.2.0/24", "throw $BLOCK")
                    + "$IP route add throw $OWN table 60;"
                    + "$IP rule add pref 60 iif tweed-br0 to $OUTSIDE lookup 60"
                        .replace(
                            "$OUTSIDE",
                            family == AddressFamily.IPV4 ? "198.0.0.0/8" : "2001::/16")),
            r -> !told(r).isEmpty());

    assertThat(told(report))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.object()).isEqualTo("outside");
              assertThat(finding.isBlocking()).isFalse();
              assertThat(finding.remedy()).startsWith(Shadow.in(family, "$IP rule del pref 60 to"));
            });
    assertThat(afterNewsOf(told(report).getFirst().remedy(), r -> told(r).isEmpty()).findings())
        .isEmpty();
  }

  @Test
  void rulesThatAreNotAskedAreListedWhereTheyLeadSomewhere() {
    // Given one that leads to nothing that concerns pods
    afterNewsOf("ip rule add pref 80 fwmark 0x1 lookup 80", r -> r.again().isEmpty());

    // When its table gets a route to them
    SyncReport report =
        afterNewsOf("ip route add 10.0.0.0/8 via 192.0.2.9 table 80", r -> !r.findings().isEmpty());

    assertThat(report.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.RulesNotChecked);
              assertThat(finding.message()).contains("80 (fwmark 0x1/0xffffffff lookup 80)");
            });
    assertThat(report.peersProgrammed()).isEqualTo(PEERS);
  }

  @ParameterizedTest
  @EnumSource
  void whatRulesDoWithSomePodsOfThisNodeIsListedAndNotHeldAgainstAll(AddressFamily family) {
    boolean v4 = family == AddressFamily.IPV4;
    String pod = v4 ? "10.244.1.2" : "fd00:10:244:1::2";

    SyncReport report =
        afterNewsOf(
            Shadow.in(
                family,
                "$IP route add default via $VIA dev eth0 table 81;"
                    + " $IP rule add pref 81 from "
                    + pod
                    + " lookup 81"),
            r -> !r.findings().isEmpty());

    assertThat(report.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.RulesNotChecked);
              assertThat(finding.message()).contains("81 (from " + pod);
            });
    assertThat(report.peersProgrammed()).isEqualTo(PEERS);
  }

  /** With the last address of a device the kernel drops its routes, and tells of no event. */
  @Test
  void aRouteThatGoesInSilenceWithTheLastAddressOfItsDeviceIsNoLongerTold() {
    node.sh(
        "ip link add other type bridge; ip link set other up; ip addr add 198.51.100.1/24 dev other");
    afterNewsOf("ip route add 10.244.2.0/25 dev other", r -> !told(r).isEmpty());

    SyncReport report =
        afterNewsOf("ip addr del 198.51.100.1/24 dev other", r -> told(r).isEmpty());

    assertThat(report.peersProgrammed()).isEqualTo(PEERS);
  }

  @Test
  void aRouteForATypeOfServiceIsNoRivalOfOurs() {
    for (int i = 6; i <= 9; i++) {
      node.sh("ip route replace 10.244.2.0/24 tos 0x10 via 192.0.2." + i);
      SyncReport report = node.sync(EXAMPLE);

      assertThat(report.findings()).isEmpty();
      assertThat(report.applied()).isEmpty();
    }
  }

  @Test
  void aRoutingDaemonThatWritesAllTheTimeCausesFewSyncs() {
    news.set(0);
    node.sh(
        "for i in $(seq 200); do echo route replace 10.244.200.9 via 192.0.2.$((i % 2 + 8)); done"
            + " | ip -batch -");
    await().atMost(Duration.ofSeconds(5)).until(() -> news.get() > 0);
    int few = 20;
    assertThat(news.get()).isLessThan(few);

    // And what came last is not lost
    afterNewsOf("ip route add 10.244.2.9 via 192.0.2.9", r -> !told(r).isEmpty());
    assertThat(news.get()).isLessThan(few);
  }

  @Test
  void routesThatDoNotConcernPodsAreNoNews() {
    news.set(0);
    node.sh("ip route add 10.250.0.0/16 via 192.0.2.9; ip -6 route add fd01::/64 via 2001:db8::9");

    // Events keep their order, so this is the first.
    node.sh("ip route add 10.244.2.1/32 via 192.0.2.9");
    await().atMost(Duration.ofSeconds(5)).until(() -> news.get() > 0);
    assertThat(news.get()).isEqualTo(1);
  }

  private static List<Finding> told(SyncReport report) {
    return report.findings().stream().filter(f -> f.reason() == Reason.RouteShadowed).toList();
  }

  /** Syncs as the daemon does, on the event of a change and as each report asks for another. */
  private SyncReport afterNewsOf(String change, Predicate<SyncReport> enough) {
    news.set(0);
    long begin = clock.get();
    node.sh(change);
    await().atMost(Duration.ofSeconds(5)).until(() -> news.get() > 0);
    for (int attempt = 0; attempt < 50; attempt++) {
      SyncReport report = node.sync(EXAMPLE);
      if (enough.test(report)) {
        assertThat(Duration.ofNanos(clock.get() - begin)).isLessThan(Duration.ofMillis(5001));
        return report;
      }
      report.again().ifPresent(wait -> clock.addAndGet(wait.toNanos()));
    }
    throw new AssertionError("not told: " + node.sync(EXAMPLE));
  }
}
