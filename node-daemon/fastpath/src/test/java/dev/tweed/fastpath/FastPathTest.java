package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.fastpath.FastPathCounters.Counter;
import dev.tweed.fastpath.TwoNodes.Carrier;
import dev.tweed.fastpath.capture.CapturedPacketText;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.socket.LibC;
import dev.tweed.netlink.socket.PacketSocket;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes on the real kernel: what goes fast, what does not, and that nobody notices. */
@Tag("kernel")
class FastPathTest {
  @ParameterizedTest(name = "{0}, IPv6: {1}")
  @CsvSource({
    "TUNNEL_DEVICE,false", "TUNNEL_DEVICE,true",
    "PROGRAM,false", "PROGRAM,true",
    "PLAIN_ROUTE,false", "PLAIN_ROUTE,true"
  })
  @Retention(RetentionPolicy.RUNTIME)
  private @interface EachWay {}

  private static final int PORT = 7000;
  private static final long MIB = 1 << 20;

  private TwoNodes nodes;
  private TwoNodes.Pod client;
  private TwoNodes.Pod server;

  @BeforeEach
  void make() {
    nodes = TwoNodes.make();
    client = nodes.one.pods.get(10);
    server = nodes.two.pods.get(10);
  }

  @AfterEach
  void remove() {
    nodes.close();
  }

  private void open(Carrier carrier) {
    nodes.one.open(carrier, nodes.two);
    nodes.two.open(carrier, nodes.one);
  }

  private static Runnable rest() {
    return () -> LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
  }

  @EachWay
  void afterOnePacketThroughNetfilterDatagramsGoFast(Carrier carrier, boolean ipv6) {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, ipv6);
        DatagramSocket to = Traffic.udp(server, PORT, ipv6)) {
      for (int i = 0; i < 11; i++) {
        Traffic.ping(from, to, server.address(ipv6), PORT);
      }
    }
    for (TwoNodes.Node node : new TwoNodes.Node[] {nodes.one, nodes.two}) {
      FastPathCounters counted = node.counters();
      assertThat(counted.sent()).as(counted.toString()).isEqualTo(10);
      assertThat(counted.received()).as(counted.toString()).isEqualTo(10);
      assertThat(counted.of(Counter.SENT_UNPROVEN)).isEqualTo(1);
      assertThat(counted.of(Counter.RECEIVED_UNPROVEN)).isEqualTo(1);
      // The neighbour may be unknown to the first packet, and is known to all others.
      assertThat(counted.of(carrier.sent)).as(counted.toString()).isGreaterThanOrEqualTo(9);
      assertThat(counted.of(carrier.received)).isEqualTo(10);
    }
  }

  @EachWay
  void aStreamArrivesAsItWasSent(Carrier carrier, boolean ipv6) {
    open(carrier);
    try (Traffic.Echo echo =
        Traffic.Echo.connect(client, server, server.address(ipv6), PORT, ipv6)) {
      echo.exchange(16 * MIB, rest());
    }
    FastPathCounters counted = nodes.one.counters();
    assertThat(counted.sent()).as(counted.toString()).isGreaterThan(100);
    assertThat(counted.received()).as(counted.toString()).isGreaterThan(100);
    assertThat(counted.of(Counter.EDGE)).isGreaterThanOrEqualTo(2); // SYN out, SYN and ACK in
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
  }

  @EachWay
  void aStreamArrivesOverAnUnderlayThatNeitherSegmentsNorSums(Carrier carrier, boolean ipv6) {
    Needs.program("/usr/sbin/ethtool", "ethtool");
    for (TwoNodes.Node node : new TwoNodes.Node[] {nodes.one, nodes.two}) {
      node.netns.exec(
          "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "tx-udp_tnl-segmentation", "off");
    }
    open(carrier);
    try (Traffic.Echo echo =
        Traffic.Echo.connect(client, server, server.address(ipv6), PORT, ipv6)) {
      echo.exchange(8 * MIB, rest());
    }
    assertThat(nodes.two.counters().received()).isGreaterThan(100);
    for (TwoNodes.Pod pod : new TwoNodes.Pod[] {client, server}) {
      assertThat(badSums(pod)).isZero();
    }
  }

  /** TcpInCsumErrors of /proc/net/snmp. */
  private static long badSums(TwoNodes.Pod pod) {
    String[] lines =
        pod.netns.exec("grep", "^Tcp:", "/proc/net/snmp").lines().toArray(String[]::new);
    int column = List.of(lines[0].split(" ")).indexOf("InCsumErrors");
    return Long.parseLong(lines[1].split(" ")[column]);
  }

  /** As servers of QUIC send: one datagram for the stack, many for the wire. */
  @EachWay
  void segmentedDatagramsArriveAsTheyWereSent(Carrier carrier, boolean ipv6) {
    open(carrier);
    try (DatagramSocket to = Traffic.udp(server, PORT, ipv6)) {
      try (DatagramSocket from = Traffic.udp(client, PORT, ipv6)) {
        Traffic.ping(from, to, server.address(ipv6), PORT);
      }
      FastPathCounters before = nodes.one.counters();
      Traffic.sendSegmented(client, server, PORT, ipv6, 1000, 40_500);
      for (int i = 0; i < 41; i++) {
        assertThat(Traffic.receive(to).getLength()).isEqualTo(i < 40 ? 1000 : 500);
      }
      assertThat(nodes.one.counters().since(before).sent()).isEqualTo(1);
      assertThat(nodes.two.counters().received()).isPositive();
    }
  }

  @Test
  void onlyOneEndNeedsToHaveIt() {
    nodes.one.open(Carrier.PROGRAM, nodes.two);
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(4 * MIB, rest());
    }
    assertThat(nodes.one.counters().sent()).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource
  void whatAPolicyDropsNeverGoesFast(Carrier carrier) {
    nodes.two.policy("ip daddr " + server.ipv4() + " udp dport " + PORT + " drop");
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 20; i++) {
        Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      }
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(nodes.two.counters().received()).isZero();
      assertThat(nodes.two.counters().of(Counter.RECEIVED_UNPROVEN)).isEqualTo(20);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPolicyThatChangesHoldsFromTheNextPacketOn(Carrier carrier) throws BpfException {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      nodes.two.policy("ip daddr " + server.ipv4() + " udp dport " + PORT + " drop");
      nodes.two.fastPath.orElseThrow().requireNewProof();
      Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      assertThat(Traffic.hears(to, 300)).isFalse();

      nodes.two.flushPolicy();
      Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      assertThat(Traffic.hears(to, 2000)).isTrue();
    }
  }

  @Test
  void aPolicyThatChangesUntoldHoldsAfterTheRenewal() {
    nodes.one.open(Carrier.TUNNEL_DEVICE, Duration.ofMillis(300), nodes.two);
    nodes.two.open(Carrier.TUNNEL_DEVICE, Duration.ofMillis(300), nodes.one);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.ping(from, to, server.ipv4(), PORT);
      nodes.two.policy("ip daddr " + server.ipv4() + " udp dport " + PORT + " drop");
      Awaitility.await()
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                Traffic.send(from, server.ipv4(), PORT, new byte[8]);
                return !Traffic.hears(to, 100);
              });
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServiceWorksAndItsAnswersAreTranslatedBack(Carrier carrier) {
    serviceOnNodeOne();
    open(carrier);
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, "10.96.0.1", PORT, false)) {
      echo.exchange(4 * MIB, rest());
    }
    // The client's end translates, so all of it is slow there; the server's end sees plain flows.
    assertThat(nodes.one.counters().sent()).isZero();
    assertThat(nodes.one.counters().received()).isZero();
    assertThat(nodes.two.counters().received()).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource
  void oneSocketAsksAServiceAndItsBackend(Carrier carrier) {
    serviceOnNodeOne();
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, "10.96.0.1", PORT);
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
    }
  }

  private void serviceOnNodeOne() {
    nodes.one.netns.exec(
        "nft",
        "add chain inet filter service { type nat hook prerouting priority dstnat; };"
            + "add rule inet filter service ip daddr 10.96.0.1 dnat ip to "
            + server.ipv4());
  }

  @ParameterizedTest
  @EnumSource
  void packetsAgeAsOnTheOrdinaryPath(Carrier carrier) {
    server.netns.exec(
        "nft",
        "add table inet t; add counter inet t aged; "
            + "add chain inet t c { type filter hook input priority 0; }; "
            + "add rule inet t c ip ttl 62 counter name aged; add rule inet t c ip6 hoplimit 62 counter name aged");
    open(carrier);
    for (boolean ipv6 : new boolean[] {false, true}) {
      try (DatagramSocket from = Traffic.udp(client, PORT, ipv6);
          DatagramSocket to = Traffic.udp(server, PORT, ipv6)) {
        for (int i = 0; i < 5; i++) {
          Traffic.ping(from, to, server.address(ipv6), PORT);
        }
      }
    }
    assertThat(nodes.one.counters().sent()).isEqualTo(8);
    assertThat(server.netns.exec("nft", "list counter inet t aged")).contains("packets 10 ");
  }

  @ParameterizedTest
  @EnumSource
  void pingsFragmentsAndErrorsTakeTheOrdinaryPath(Carrier carrier) {
    open(carrier);
    client.netns.sh(
        """
        ping -c 3 -i 0.1 -W 2 -q %1$s
        ping -c 3 -i 0.1 -W 2 -q -s 4000 %1$s
        ping -c 1 -W 2 -q -M do -s 1422 %1$s
        ping -6 -c 3 -i 0.1 -W 2 -q -s 4000 %2$s
        ! ping -c 1 -W 1 -t 1 %1$s | grep -q 'bytes from %1$s'
        ping -c 1 -W 1 -t 1 %1$s | grep -q 'Time to live exceeded'
        ping -c 1 -W 1 -M do -s 1423 %1$s 2>&1 | grep -qiE 'frag|too long'
        """
            .formatted(server.ipv4(), server.ipv6()));
    assertThat(nodes.one.counters().sent()).isZero();
    // A fragmented datagram of a proven flow, and one to a closed port of it.
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 3; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      byte[] large = new byte[9000];
      Traffic.send(from, server.ipv4(), PORT, large);
      assertThat(Traffic.receive(to).getLength()).isEqualTo(large.length);
    }
    assertThatThrownBy(
            () -> {
              try (DatagramSocket from = Traffic.udp(client, PORT + 1, false)) {
                from.connect(java.net.InetAddress.getByName(server.ipv4()), PORT + 1);
                for (int i = 0; i < 20; i++) {
                  from.send(new java.net.DatagramPacket(new byte[8], 8));
                  Thread.sleep(20);
                }
              }
            })
        .isInstanceOf(java.net.PortUnreachableException.class);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamOutlivesEveryWayBackToTheOrdinaryPath(Carrier carrier) {
    open(carrier);
    int[] round = {0};
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(
          Long.getLong("tweed.fastpath.bytes", 256 * MIB),
          () -> {
            TwoNodes.Node node = round[0] % 2 == 0 ? nodes.one : nodes.two;
            TwoNodes.Node peer = node == nodes.one ? nodes.two : nodes.one;
            try {
              switch (round[0]++ % 6 / 2) {
                case 0 -> node.fastPath.orElseThrow().requireNewProof();
                case 1 -> {
                  // The daemon ends, however it ends, and comes back.
                  node.fastPath.orElseThrow().close();
                  rest().run();
                  node.open(carrier, peer);
                }
                default -> {
                  // From one way to the other and back.
                  node.apply(carrier.next(), peer);
                  rest().run();
                  node.apply(carrier, peer);
                }
              }
            } catch (BpfException e) {
              throw new IllegalStateException(e);
            }
            rest().run();
          });
    }
    assertThat(round[0]).isGreaterThan(6);
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLostWhenItEnds(Carrier carrier) {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      int lost =
          Traffic.lost(
              from,
              to,
              server.ipv4(),
              PORT,
              2000,
              () -> {
                nodes.two.fastPath.orElseThrow().close();
                rest().run();
                nodes.one.fastPath.orElseThrow().close();
                rest().run();
                open(carrier);
              });
      assertThat(lost).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLostWhenTheUnderlayChanges(Carrier carrier) {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      int lost =
          Traffic.lost(
              from,
              to,
              server.ipv4(),
              PORT,
              2000,
              () ->
                  nodes.one.netns.sh(
                      """
                      for round in 1 2 3 4 5 6 7 8 9 10; do
                        ip route replace 192.0.2.2/32 dev eth0 mtu lock 1400
                        ip neigh replace 192.0.2.2 lladdr 02:00:00:00:0e:02 nud stale dev eth0
                        ip route del 192.0.2.2/32 dev eth0
                      done
                      """));
      assertThat(lost).isZero();
    }
  }

  /** A way that is away for a moment costs packets on the ordinary path as well, and no byte. */
  @ParameterizedTest
  @EnumSource
  void aStreamOutlivesChangesOfTheNic(Carrier carrier) {
    open(carrier);
    List<Runnable> changes =
        List.of(
            () -> nodes.one.netns.sh("ip link set eth0 mtu 1400"),
            () -> nodes.two.netns.sh("ip link set eth0 mtu 1300"),
            () -> nodes.two.netns.sh("ip link set eth0 mtu 1500"),
            () -> nodes.one.netns.sh("ip link set eth0 mtu 1500"),
            () -> nodes.one.netns.sh("ip link set eth0 address 02:00:00:00:0e:11"),
            () ->
                nodes.two.netns.sh("ip neigh replace 192.0.2.1 lladdr 02:00:00:00:0e:11 dev eth0"),
            () -> nodes.one.netns.sh("ip link set eth0 address 02:00:00:00:0e:01"),
            () -> nodes.two.netns.sh("ip neigh del 192.0.2.1 dev eth0"),
            () -> {
              nodes.two.netns.sh("ip link set eth0 down && ip link set eth0 up");
              nodes.two.apply(carrier, nodes.one);
            },
            () -> nodes.one.netns.sh("ip route add blackhole 192.0.2.2/32"),
            () -> nodes.one.netns.sh("ip route del blackhole 192.0.2.2/32"));
    int[] round = {0};
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(
          128 * MIB,
          () -> {
            if (round[0] < 2 * changes.size()) {
              changes.get(round[0]++ % changes.size()).run();
            }
            rest().run();
          });
      FastPathCounters before = nodes.one.counters();
      echo.exchange(4 * MIB, rest());
      assertThat(nodes.one.counters().since(before).sent()).isGreaterThan(20);
    }
    assertThat(round[0]).isGreaterThanOrEqualTo(changes.size());
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
  }

  @Test
  void moreFlowsThanTheMapHoldsPushOutOldOnesAndNobodyNotices() throws BpfException {
    open(Carrier.PROGRAM);
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false);
        DatagramSocket one = Traffic.udp(client, PORT, false);
        DatagramSocket two = Traffic.udp(client, PORT + 1, false)) {
      int[] port = {1};
      echo.exchange(
          32 * MIB,
          () -> {
            for (int i = 0; i < 1000 && port[0] < 40_000; i++, port[0]++) {
              Traffic.send(one, server.ipv4(), port[0], new byte[8]);
              Traffic.send(two, server.ipv4(), port[0], new byte[8]);
            }
          });
      for (; port[0] < 40_000; port[0]++) {
        Traffic.send(one, server.ipv4(), port[0], new byte[8]);
        Traffic.send(two, server.ipv4(), port[0], new byte[8]);
      }
      assertThat(nodes.one.fastPath.orElseThrow().flows()).isBetween(30_000, 65_536);
      FastPathCounters before = nodes.one.counters();
      echo.exchange(4 * MIB, rest());
      assertThat(nodes.one.counters().since(before).sent()).isGreaterThan(20);
    }
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
  }

  @Test
  void connectionsThatAreRefusedTakeNoRoom() throws BpfException {
    open(Carrier.PROGRAM);
    for (int i = 0; i < 50; i++) {
      assertThatThrownBy(() -> Traffic.Echo.refused(client, server.ipv4(), PORT))
          .hasRootCauseInstanceOf(ConnectException.class);
    }
    assertThat(nodes.one.counters().of(Counter.EDGE)).isEqualTo(100);
    assertThat(nodes.one.fastPath.orElseThrow().flows()).isZero();
    assertThat(nodes.two.fastPath.orElseThrow().flows()).isZero();
  }

  /** Five days are what it keeps one that it takes for established. */
  @ParameterizedTest(name = "{0}, reset: {1}")
  @CsvSource({
    "TUNNEL_DEVICE,false", "TUNNEL_DEVICE,true",
    "PROGRAM,false", "PROGRAM,true",
    "PLAIN_ROUTE,false", "PLAIN_ROUTE,true"
  })
  void connectionTrackingSoonForgetsAConnectionThatEnds(Carrier carrier, boolean reset)
      throws IOException {
    open(carrier);
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(4 * MIB, rest());
      assertThat(nodes.one.counters().sent()).isGreaterThan(20);
      if (reset) {
        echo.client().setSoLinger(true, 0);
      }
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              assertThat(kept(nodes.one)).isBetween(1, 120);
              assertThat(kept(nodes.two)).isBetween(1, 120);
            });
  }

  /** For how many seconds more connection tracking keeps the connection. */
  private static int kept(TwoNodes.Node node) {
    return node.netns
        .exec("cat", "/proc/net/nf_conntrack")
        .lines()
        .filter(line -> line.contains(" tcp ") && line.contains("dport=" + PORT + " "))
        .map(line -> Integer.parseInt(line.trim().split("\\s+")[4]))
        .findFirst()
        .orElse(0);
  }

  @Test
  void withoutANextHopTheTunnelDeviceTakesThePacket() {
    open(Carrier.PROGRAM);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.ping(from, to, server.ipv4(), PORT);
      nodes.one.netns.exec("ip", "neigh", "flush", "dev", "eth0");
      FastPathCounters before = nodes.one.counters();
      Traffic.ping(from, to, server.ipv4(), PORT);
      assertThat(nodes.one.counters().since(before).of(Counter.NOT_ENCAPSULATED)).isEqualTo(1);
      assertThat(nodes.one.counters().since(before).of(Counter.SENT_TUNNEL)).isEqualTo(1);
      Traffic.ping(from, to, server.ipv4(), PORT);
      assertThat(nodes.one.counters().since(before).of(Counter.SENT_WIRE)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "PLAIN_ROUTE", mode = EnumSource.Mode.EXCLUDE)
  void aWayThatIsTooNarrowIsTheTunnelDevicesToFragment(Carrier carrier) {
    open(carrier);
    nodes.one.netns.sh("ip route replace 192.0.2.2/32 dev eth0 mtu lock 1400");
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(4 * MIB, rest());
    }
    assertThat(nodes.one.counters().of(Counter.NOT_ENCAPSULATED) > 0)
        .isEqualTo(carrier == Carrier.PROGRAM);
    assertThat(nodes.one.counters().of(Counter.SENT_TUNNEL)).isPositive();
  }

  @Test
  void aPlainWayThatIsTooNarrowOrUnknownIsTheHosts() {
    open(Carrier.PLAIN_ROUTE);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.ping(from, to, server.ipv4(), PORT);
      nodes.one.netns.exec("ip", "neigh", "flush", "dev", "eth0");
      FastPathCounters before = nodes.one.counters();
      Traffic.ping(from, to, server.ipv4(), PORT);
      assertThat(nodes.one.counters().since(before).of(Counter.NO_NEXT_HOP)).isEqualTo(1);
      Traffic.ping(from, to, server.ipv4(), PORT);
      assertThat(nodes.one.counters().since(before).of(Counter.SENT_ROUTED)).isEqualTo(1);
    }
    FastPathCounters before = nodes.one.counters();
    nodes.one.netns.sh("ip route replace 10.77.2.0/24 via 192.0.2.2 dev eth0 mtu lock 1400");
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT, false)) {
      echo.exchange(4 * MIB, rest());
    }
    assertThat(nodes.one.counters().since(before).of(Counter.NO_NEXT_HOP)).isPositive();
    assertThat(nodes.one.counters().since(before).of(Counter.SENT_ROUTED)).isPositive();
  }

  /** Fast packets ask no neighbour whether it is still there: those that prove do. */
  @ParameterizedTest
  @EnumSource
  void aNodeThatMovesInSilenceIsFoundAgain(Carrier carrier) {
    nodes.one.netns.sh(
        """
        sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=200
        sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1
        sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=100
        """);
    nodes.one.open(carrier, Duration.ofMillis(300), nodes.two);
    nodes.two.open(carrier, nodes.one);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      assertThat(nodes.one.counters().sent()).isPositive();

      nodes.two.netns.sh("sysctl -qw net.ipv4.conf.eth0.arp_notify=0");
      nodes.two.netns.sh("ip link set eth0 address 02:00:00:00:0e:22");

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                Traffic.send(from, server.ipv4(), PORT, new byte[8]);
                return Traffic.hears(to, 50);
              });
    }
  }

  /** As while one of two nodes takes the other for one on its link, and that does not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneNodeRoutesAndTheOtherTunnels(boolean ipv6) {
    nodes.one.open(Carrier.PLAIN_ROUTE, nodes.two);
    nodes.two.open(Carrier.PROGRAM, nodes.one);
    try (Traffic.Echo echo =
        Traffic.Echo.connect(client, server, server.address(ipv6), PORT, ipv6)) {
      echo.exchange(4 * MIB, rest());
    }
    assertThat(nodes.one.counters().of(Counter.SENT_ROUTED)).isGreaterThan(20);
    assertThat(nodes.one.counters().of(Counter.RECEIVED_TUNNEL)).isGreaterThan(20);
    assertThat(nodes.one.counters().of(Counter.UNKNOWN_SOURCE)).isZero();
    assertThat(nodes.two.counters().received())
        .as("what comes plainly from a node behind the tunnel stays ordinary")
        .isZero();
  }

  @Test
  void whatIsProvenOnOneDeviceIsNotOnAnother() {
    // Given a flow that is proven by the tunnel, and a host that takes nothing else from it
    open(Carrier.PROGRAM);
    nodes.two.policy("iifname eth0 udp dport " + PORT + " drop");
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 3; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }

      // When both nodes come to a plain route
      nodes.two.apply(Carrier.PLAIN_ROUTE, nodes.one);
      nodes.one.apply(Carrier.PLAIN_ROUTE, nodes.two);

      // Then the host has the word, as for a new flow
      Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(nodes.two.counters().of(Counter.RECEIVED_ROUTED)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAddressUsedAnewProvesAnew(Carrier carrier) {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false)) {
      try (DatagramSocket to = Traffic.udp(server, PORT, false)) {
        for (int i = 0; i < 3; i++) {
          Traffic.ping(from, to, server.ipv4(), PORT);
        }
      }
      nodes.two.removePod(10);
      nodes.two.apply(carrier, nodes.one);
      TwoNodes.Pod next = nodes.two.addPod(10);
      nodes.two.policy("ip daddr " + next.ipv4() + " udp dport " + PORT + " drop");
      nodes.two.apply(carrier, nodes.one);
      FastPathCounters before = nodes.two.counters();
      try (DatagramSocket to = Traffic.udp(next, PORT, false)) {
        Traffic.send(from, next.ipv4(), PORT, new byte[8]);
        assertThat(Traffic.hears(to, 300)).isFalse();
        assertThat(nodes.two.counters().since(before).received()).isZero();

        nodes.two.flushPolicy();
        Traffic.ping(from, to, next.ipv4(), PORT);
        Traffic.ping(from, to, next.ipv4(), PORT);
        assertThat(nodes.two.counters().since(before).received()).isPositive();
      }
    }
  }

  @Test
  void whereSomebodyElseHasAProgramThePodStaysOrdinary() throws BpfException {
    FastPath other = nodes.one.open(Carrier.TUNNEL_DEVICE, nodes.two);
    FastPathPlan.On plan =
        (FastPathPlan.On) FastPathPlanner.plan(nodes.one.view(Carrier.TUNNEL_DEVICE, nodes.two));
    NodeView.Tunnel tunnel = plan.tunnel().orElseThrow();
    int veth = plan.pods().values().iterator().next().device();
    try (FastPath second = nodes.one.load()) {
      assertThatThrownBy(() -> nodes.one.netns.call(() -> second.apply(plan)))
          .hasMessageContaining("another tcx program is on device " + tunnel.device());
      FastPathPlan.On elsewhere =
          new FastPathPlan.On(
              Optional.of(
                  new NodeView.Tunnel(
                      nodes
                          .one
                          .view(Carrier.PROGRAM, nodes.two)
                          .encapsulation()
                          .orElseThrow()
                          .device(),
                      tunnel.name(),
                      tunnel.mac(),
                      tunnel.vni(),
                      tunnel.port(),
                      tunnel.lower(),
                      true)),
              plan.encapsulation(),
              plan.wire(),
              plan.peers(),
              plan.pods(),
              plan.peersOff(),
              plan.podsOff());
      assertThat(nodes.one.netns.call(() -> second.apply(elsewhere)))
          .containsOnlyKeys(veth)
          .containsValue("another tcx program is on device " + veth + " (bpftool net show): EBUSY");
      other.close();
      assertThatThrownBy(other::counters).isInstanceOf(IllegalStateException.class);
      assertThat(nodes.one.netns.call(() -> second.apply(plan))).isEmpty();
    }
  }

  @EachWay
  void whoListensOnTheVethSeesEveryPacketOnceTheProgramsAreTold(Carrier carrier, boolean ipv6) {
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, ipv6);
        DatagramSocket to = Traffic.udp(server, PORT, ipv6)) {
      Traffic.ping(from, to, server.address(ipv6), PORT);

      // Given a listener that they know nothing of: what arrives fast is not seen
      assertThat(heard(from, to, ipv6)).containsExactly(10L, 0L);

      // When they are told
      client.tapped = true;
      nodes.one.apply(carrier, nodes.two);

      // Then all is seen, and goes as fast as before
      FastPathCounters before = nodes.one.counters();
      assertThat(heard(from, to, ipv6)).containsExactly(10L, 10L);
      assertThat(nodes.one.counters().since(before).sent()).isEqualTo(10);
      assertThat(nodes.one.counters().since(before).received()).isEqualTo(10);

      // And it ends with the listener
      client.tapped = false;
      nodes.one.apply(carrier, nodes.two);
      assertThat(heard(from, to, ipv6)).containsExactly(10L, 0L);
    }
  }

  /** Datagrams of ten questions and answers that the client's veth shows: sent and received. */
  private List<Long> heard(DatagramSocket from, DatagramSocket to, boolean ipv6) {
    return nodes.one.netns.call(
        () -> {
          int veth = LibC.get().if_nametoindex(client.veth);
          try (PacketSocket listener = PacketSocket.open(veth, 128, Duration.ofMillis(100))) {
            for (int i = 0; i < 10; i++) {
              Traffic.ping(from, to, server.address(ipv6), PORT);
            }
            List<CapturedPacket> packets = new ArrayList<>();
            for (Optional<CapturedPacket> next = listener.receive();
                next.isPresent();
                next = listener.receive()) {
              packets.add(next.get());
            }
            assertThat(listener.lost()).isZero();
            return Stream.of(false, true)
                .map(
                    received ->
                        packets.stream()
                            .filter(packet -> packet.outgoing() == received)
                            .filter(packet -> CapturedPacketText.of(packet).contains(" UDP "))
                            .count())
                .toList();
          }
        });
  }

  @EachWay
  void aStreamArrivesAsItWasSentWhileSomebodyListens(Carrier carrier, boolean ipv6) {
    Needs.program("/usr/sbin/ethtool", "ethtool");
    nodes.one.netns.exec("ethtool", "-K", "eth0", "tx", "off", "tso", "off");
    client.tapped = true;
    server.tapped = true;
    open(carrier);
    try (Traffic.Echo echo =
        Traffic.Echo.connect(client, server, server.address(ipv6), PORT, ipv6)) {
      echo.exchange(8 * MIB, rest());
    }
    assertThat(nodes.two.counters().received()).isGreaterThan(100);
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
    for (TwoNodes.Pod pod : new TwoNodes.Pod[] {client, server}) {
      assertThat(badSums(pod)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chain raw { type filter hook prerouting priority raw; udp dport 7000 notrack; }",
        "chain raw { type filter hook prerouting priority raw; ct zone set 7; }"
      })
  void flowsThatConnectionTrackingKeepsElsewhereOrNotAtAllGoFast(String rule) {
    for (TwoNodes.Node node : new TwoNodes.Node[] {nodes.one, nodes.two}) {
      node.netns.exec("nft", "table inet others { " + rule + "; }");
    }
    open(Carrier.PROGRAM);
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, server.ipv4(), PORT + 1, false);
        DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      echo.exchange(MIB, rest());
      FastPathCounters before = nodes.one.counters();
      for (int i = 0; i < 3; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      assertThat(nodes.one.counters().since(before).sent()).isEqualTo(2);
    }
    assertThat(nodes.one.invalid() + nodes.two.invalid()).isZero();
  }

  /** Of an administrator, who tells nobody. */
  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    "TUNNEL_DEVICE, ip route add blackhole 10.77.2.0/26",
    "PROGRAM, ip route add blackhole 10.77.2.0/26",
    "PLAIN_ROUTE, ip route add blackhole 10.77.2.0/26",
    "PROGRAM, ip rule add from 10.77.1.10 iif tweed-br0 prohibit",
    "PLAIN_ROUTE, ip rule add from 10.77.1.10 iif tweed-br0 prohibit",
    "PROGRAM, sysctl -qw net.ipv4.conf.tweed-br0.forwarding=0",
    "PLAIN_ROUTE, sysctl -qw net.ipv4.conf.tweed-br0.forwarding=0"
  })
  void whatRoutesRefuseHoldsAfterTheRenewal(Carrier carrier, String change) {
    nodes.one.open(carrier, Duration.ofMillis(300), nodes.two);
    nodes.two.open(carrier, nodes.one);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 3; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      assertThat(nodes.one.counters().sent()).isPositive();
      nodes.one.netns.sh(change);
      LockSupport.parkNanos(Duration.ofMillis(400).toNanos());
      FastPathCounters before = nodes.one.counters();

      for (int i = 0; i < 5; i++) {
        Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      }

      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(nodes.one.counters().since(before).sent()).isZero();
    }
  }

  /** Its host goes by what the container runtime knows of it, and by what the bridge finds. */
  @ParameterizedTest
  @EnumSource
  void aPodThatChangesItsHardwareAddressIsReachedWhereSomebodyListens(Carrier carrier)
      throws BpfException {
    server.tapped = true;
    open(carrier);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.ping(from, to, server.ipv4(), PORT);
      server.netns.sh("ip link set eth0 address 02:00:00:00:02:99");
      nodes.two.netns.sh("ip neigh flush dev tweed-br0");
      nodes.two.fastPath.orElseThrow().requireNewProof();
      FastPathCounters before = nodes.two.counters();

      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }

      assertThat(nodes.two.counters().since(before).received()).isZero();
      assertThat(nodes.two.counters().since(before).sent()).isPositive();
    }
  }

  @Test
  void aPodCannotSpeakAsAnother() {
    TwoNodes.Pod liar = nodes.one.addPod(11);
    open(Carrier.PROGRAM);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 3; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      FastPathCounters before = nodes.one.counters();
      liar.netns.sh("ip addr add " + client.ipv4() + "/32 dev eth0");
      DatagramSocket lie =
          liar.netns.call(
              () ->
                  new DatagramSocket(
                      new java.net.InetSocketAddress(
                          java.net.InetAddress.getByName(client.ipv4()), PORT)));
      try (lie) {
        Traffic.send(lie, server.ipv4(), PORT, new byte[8]);
        Traffic.hears(to, 200);
      }
      assertThat(nodes.one.counters().since(before).sent()).isZero();
    }
  }

  @Test
  void aFlowTheDaemonIsAskedToForgetIsGone() throws BpfException {
    open(Carrier.TUNNEL_DEVICE);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.ping(from, to, server.ipv4(), PORT);
    }
    assertThat(nodes.one.fastPath.orElseThrow().flows()).isEqualTo(1);
  }
}
