package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Our routes on a real kernel, beside those of others for the same blocks. */
@Tag("kernel")
class OwnRoutesTest {
  private static final Example EXAMPLE =
      Example.vxlan()
          .dualStack()
          .with(Example.peer(2), Example.peer6(2), Example.peer(3), Example.peer6(3));

  @AutoClose private final TestNode node = TestNode.alone();

  /** The block of n2 in one family, and what others do to its route. */
  enum Family {
    IPV4("ip", Example.block(2), "10.244.2.5", "10.244.2.1/24", "192.0.2.7", ""),
    IPV6(
        "ip -6",
        Example.block6(2),
        "fd00:10:244:2::5",
        "fd00:10:244:2::1/64 nodad",
        "2001:db8::7",
        " metric 1");

    final String ip;
    final IpPrefix block;
    final String pod;
    final String gatewayOfOthers;
    final String router;
    final String ownMetric;

    Family(
        String ip,
        IpPrefix block,
        String pod,
        String gatewayOfOthers,
        String router,
        String ownMetric) {
      this.ip = ip;
      this.block = block;
      this.pod = pod;
      this.gatewayOfOthers = gatewayOfOthers;
      this.router = router;
      this.ownMetric = ownMetric;
    }

    /** Each time by another router: the kernel refuses what it has already, behind ours. */
    String replace(int time) {
      return ip + " route replace " + block + " via " + router + time + ownMetric + " proto bird";
    }

    String delete() {
      return ip + " route del " + block + ownMetric + " proto bird";
    }
  }

  private String way(Family family) {
    return node.sh(family.ip + " route get " + family.pod);
  }

  private static List<Reason> reasons(SyncReport report) {
    return report.findings().stream().map(Finding::reason).toList();
  }

  @ParameterizedTest
  @EnumSource
  void theConnectedRouteOfALeftoverBridgeLoses(Family family) {
    node.sh("ip link add cni0 type bridge; ip link set cni0 up");
    node.sh("ip addr add " + family.gatewayOfOthers + " dev cni0");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(way(family)).contains("dev tweed.1");
    assertThat(node.sh(family.ip + " route show " + family.block + " dev cni0"))
        .as("what is somebody's stays")
        .contains("proto kernel");
  }

  @Test
  void theConnectedRouteOfABridgeThatComesLaterLoses() {
    node.sync(EXAMPLE);
    node.sh("ip link add cni0 type bridge; ip link set cni0 up");
    node.sh("ip addr add 10.244.2.1/24 dev cni0");

    assertThat(way(Family.IPV4)).contains("dev tweed.1");
  }

  @ParameterizedTest
  @EnumSource
  void aRouteOfAnEarlierVersionGoesAfterOursIsIn(Family family) throws Exception {
    node.sync(EXAMPLE);
    node.sh(
        family.ip
            + (" route add " + family.block + " via " + family.block.address())
            + " dev tweed.1 onlink metric 718850 proto 116");
    node.sh(family.ip + " route del " + family.block + " proto 116 " + family.ownMetric);
    List<NetlinkEvent.RouteChanged> events = new CopyOnWriteArrayList<>();

    SyncReport report;
    try (NetlinkMonitor monitor =
        node.in(
            () ->
                NetlinkMonitor.open(
                    Set.of(NetlinkGroup.IPV4_ROUTE, NetlinkGroup.IPV6_ROUTE),
                    event -> events.add((NetlinkEvent.RouteChanged) event)))) {
      report = node.sync(EXAMPLE);
      await().atMost(Duration.ofSeconds(10)).until(() -> events.size() >= 2);
    }

    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(4);
    assertThat(events)
        .extracting(event -> event.removed() + " " + event.route().metric())
        .containsExactly("false " + (family == Family.IPV4 ? 0 : 1), "true 718850");
    assertThat(way(family)).contains("dev tweed.1");
  }

  @ParameterizedTest
  @EnumSource
  void whoeverReplacesOursThreeTimesInAMinuteIsLeftAlone(Family family) {
    node.sync(EXAMPLE);
    for (int time = 1; time <= 2; time++) {
      node.sh(family.replace(time));
      assertThat(reasons(node.sync(EXAMPLE))).isEmpty();
      assertThat(way(family)).as("repaired").contains("dev tweed.1");
    }
    node.sh(family.replace(3));

    SyncReport contested = node.sync(EXAMPLE);
    SyncReport later = node.sync(EXAMPLE);

    for (SyncReport report : List.of(contested, later)) {
      assertThat(report.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.reason()).isEqualTo(Reason.RouteContested);
                assertThat(finding.object()).isEqualTo(family.block.toString());
                assertThat(finding.message()).contains("bird").contains("eth0");
              });
      assertThat(report.applied()).isEmpty();
      assertThat(report.peersProgrammed()).isEqualTo(3);
      assertThat(report.verified()).as("the others work").isTrue();
    }
    assertThat(way(family)).contains(family.router);

    node.sh("while " + family.delete() + " 2>/dev/null; do :; done");
    SyncReport free = node.sync(EXAMPLE);

    assertThat(free.findings()).isEmpty();
    assertThat(free.peersProgrammed()).isEqualTo(4);
    assertThat(way(family)).contains("dev tweed.1");
  }

  @Test
  void aSmallerMtuOfAPeerIsThatOfItsRoutesWhileItIs() {
    node.sync(EXAMPLE);
    List<Peer> small =
        EXAMPLE.peers().stream()
            .map(
                peer ->
                    peer.node().equals("n2")
                        ? new Peer(peer.node(), peer.block(), peer.nodeIps(), peer.vtepMac(), 1400)
                        : peer)
            .toList();

    SyncReport smaller = node.sync(EXAMPLE.with(small));
    String routes = node.sh("ip route show proto 116; ip -6 route show proto 116");
    SyncReport again = node.sync(EXAMPLE);

    assertThat(smaller.peersProgrammed()).isEqualTo(4);
    assertThat(routes.lines())
        .filteredOn(line -> line.contains("mtu 1400"))
        .extracting(line -> line.split(" ")[0])
        .containsExactly("10.244.2.0/24", "fd00:10:244:2::/64");
    assertThat(again.peersProgrammed()).isEqualTo(4);
    assertThat(again.findings()).isEmpty();
    assertThat(node.sh("ip route show proto 116; ip -6 route show proto 116"))
        .doesNotContain("mtu")
        .containsOnlyOnce("10.244.2.0/24");
  }

  @Test
  void whatSomebodyInsertsBeforeOursIsNewsAndGoesBehindIt() {
    node.sync(EXAMPLE);
    AtomicInteger news = new AtomicInteger();
    try (DataPathMonitor monitor = node.in(() -> node.dataPath.monitor(news::incrementAndGet))) {
      node.sh("ip route prepend 10.244.2.0/24 via 192.0.2.77");
      await().atMost(Duration.ofSeconds(10)).until(() -> news.get() > 0);

      SyncReport report = node.sync(EXAMPLE);

      assertThat(report.findings()).isEmpty();
      assertThat(way(Family.IPV4)).contains("dev tweed.1");
      assertThat(node.sh("ip route show 10.244.2.0/24")).contains("via 192.0.2.77");
    }
  }

  @Test
  void aNexthopObjectOfSomebodyKeepsItsId() {
    node.sync(EXAMPLE);
    String id =
        node.sh("ip route show 10.244.2.0/24 | sed -n 's/.*nhid \\([0-9]*\\) .*/\\1/p'").strip();
    node.sh("ip nexthop replace id " + id + " via 192.0.2.77 dev eth0 proto static");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(4);
    assertThat(way(Family.IPV4)).contains("dev tweed.1");
    assertThat(node.sh("ip nexthop show id " + id)).contains("via 192.0.2.77 dev eth0");
  }
}
