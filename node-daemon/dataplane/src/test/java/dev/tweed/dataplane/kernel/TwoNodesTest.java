package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.DataPathMonitor;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Netns;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Packets between pods of two nodes, each a network namespace. */
@Tag("kernel")
class TwoNodesTest {
  @AutoClose private TestNode one;
  @AutoClose private TestNode two;

  @BeforeEach
  void setUp() {
    List<TestNode> pair = TestNode.pair();
    one = pair.get(0);
    two = pair.get(1);
  }

  private List<SyncReport> syncBoth(Example example) {
    SyncReport first = one.sync(example.with(Example.peer(2)));
    SyncReport second = two.sync(example.with(Example.own(2)).with(Example.peer(1)));
    return List.of(first, second);
  }

  private static String ping(Netns from, String to) {
    return from.sh("ping -c 1 -W 5 " + to + " || true");
  }

  @Test
  void podsReachEachOtherThroughTheTunnel() {
    List<SyncReport> reports = syncBoth(Example.vxlan());
    Netns pod = one.pod(10);
    two.pod(10);

    String fullSize = pod.sh("ping -c 1 -W 5 -M do -s 1422 " + two.address(10));

    assertThat(reports)
        .allSatisfy(
            report -> {
              assertThat(report.findings()).isEmpty();
              assertThat(report.verified()).isTrue();
              assertThat(report.peersProgrammed()).isEqualTo(1);
              assertThat(report.device()).isEqualTo("tweed.1");
              assertThat(report.podMtu()).isEqualTo(1450);
            });
    assertThat(fullSize).contains("1 received");
  }

  @Test
  void packetsTooLargeForTheOtherNodeAreToldTheirSize() {
    // Given a node whose pods take less than those of the other
    two.sh("ip link set eth0 mtu 1400");
    Peer small =
        new Peer("n2", Example.block(2), List.of(Example.ip(2)), Example.mac(2), /* mtu= */ 1350);
    one.sync(Example.vxlan().with(small));
    two.sync(Example.vxlan().with(Example.own(2)).with(Example.peer(1)));
    Netns pod = one.pod(10);
    two.pod(10);

    String tooLarge = pod.sh("ping -c 1 -W 5 -M do -s 1422 " + two.address(10) + " 2>&1 || true");

    assertThat(tooLarge).contains("mtu = 1350");
    assertThat(pod.sh("ping -c 1 -W 5 -s 1422 " + two.address(10))).contains("1 received");
  }

  /** As while a smaller spec.mtu has come to one node and not to the other yet. */
  @Test
  void theOtherNodeTellsThroughTheTunnelWhatItsPodsTake() {
    one.sync(Example.vxlan().with(Example.peer(2)));
    two.sync(Example.vxlan().withMtu(1300).with(Example.own(2)).with(Example.peer(1)));
    Netns pod = one.pod(10);
    two.pod(10);

    String tooLarge = pod.sh("ping -c 1 -W 5 -M do -s 1400 " + two.address(10) + " 2>&1 || true");

    assertThat(tooLarge).contains("From 10.244.2.", "mtu = 1300");
    assertThat(pod.sh("ip route get " + two.address(10))).contains("mtu 1300");
    assertThat(pod.sh("ping -c 1 -W 5 -s 1400 " + two.address(10))).contains("1 received");
  }

  @Test
  void podsReachEachOtherByPlainRoutes() {
    List<SyncReport> reports = syncBoth(Example.vxlan().with(new Backend.HostGateway()));
    Netns pod = one.pod(10);
    two.pod(10);

    assertThat(reports).allSatisfy(report -> assertThat(report.findings()).isEmpty());
    assertThat(pod.sh("ping -c 1 -W 5 -M do -s 1472 " + two.address(10))).contains("1 received");
    assertThat(one.sh("ip -d link show type vxlan")).isEmpty();
  }

  @Test
  void directRoutingUsesNoTunnelOnOneLink() {
    syncBoth(Example.vxlan().with(new Backend.Vxlan(1, 8472, true)));
    Netns pod = one.pod(10);
    two.pod(10);

    assertThat(ping(pod, two.address(10))).contains("1 received");
    assertThat(one.sh("ip route show proto 116")).contains("via 192.0.2.2 dev eth0");
    assertThat(one.sh("bridge fdb show dev tweed.1")).doesNotContain("dst");
  }

  @Test
  void aPeerThatLeavesTheLinkIsReachedByTheTunnelAndDirectlyWhenItIsBack()
      throws InterruptedException {
    Example direct = Example.vxlan().with(new Backend.Vxlan(1, 8472, true)).with(Example.peer(2));
    one.sync(direct);
    Semaphore news = new Semaphore(0);
    DataPathMonitor monitor = one.in(() -> one.dataPath.monitor(news::release));
    try (monitor) {
      one.sync(direct);
      news.drainPermits();

      one.sh("ip route add 192.0.2.2/32 via 192.0.2.77 dev eth0");
      assertThat(news.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
      awaitAfterSync(
          direct,
          () -> {
            assertThat(one.sh("ip route show proto 116"))
                .contains("via 10.244.2.0 dev tweed.1")
                .doesNotContain("192.0.2.2");
            assertThat(one.sh("bridge fdb show dev tweed.1")).contains("dst 192.0.2.2");
          });

      news.drainPermits();
      one.sh("ip route del 192.0.2.2/32");
      assertThat(news.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
      awaitAfterSync(
          direct,
          () -> {
            assertThat(one.sh("ip route show proto 116")).contains("via 192.0.2.2 dev eth0");
            assertThat(one.sh("bridge fdb show dev tweed.1")).doesNotContain("dst");
          });
    }
  }

  /** News may have been of something else that happened meanwhile. */
  private void awaitAfterSync(Example example, ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(one.sync(example).verified()).isTrue();
              assertion.run();
            });
  }

  @Test
  void switchingTheBackendLeavesNothingOfTheOldOne() {
    syncBoth(Example.vxlan());

    syncBoth(Example.vxlan().with(new Backend.HostGateway()));

    assertThat(one.sh("ip -d link show type vxlan")).isEmpty();
    assertThat(one.sh("ip route show proto 116"))
        .contains("via 192.0.2.2")
        .doesNotContain("onlink");
    Netns pod = one.pod(10);
    two.pod(10);
    assertThat(ping(pod, two.address(10))).contains("1 received");
  }

  @Test
  void hostAndRemotePodTalkWithoutTranslation() {
    syncBoth(Example.vxlan());
    Netns pod = two.pod(10);
    Captured captured = Captured.icmpOn(pod);

    String output = ping(one.netns, two.address(10));

    assertThat(output).contains("1 received");
    assertThat(captured.sources()).contains("10.244.1.0");
  }

  @Test
  void podsOfARetiringBlockReachEverybodyAsBefore() {
    // Given a pod, whose node gets another block
    syncBoth(Example.vxlan());
    Netns pod = one.pod(10);
    two.pod(10);
    OwnNode other =
        new OwnNode(
            "n1",
            List.of(Example.block(9), Example.block(1)),
            List.of(Example.block(1)),
            List.of(Example.ip(1)),
            Example.mac(1));
    SyncReport report = one.sync(Example.vxlan().with(other).with(Example.peer(2)));
    two.sync(
        Example.vxlan()
            .with(Example.own(2))
            .with(new Peer("n1", Example.block(9), List.of(Example.ip(1)), Example.mac(1))));

    // Then it has its gateway, and the pods of other nodes, which know of the new block only
    assertThat(report.verified()).isTrue();
    assertThat(ping(pod, "10.244.1.1")).contains("1 received");
    assertThat(ping(pod, two.address(10))).contains("1 received");
  }

  @Test
  void podToPodKeepsItsAddress() {
    syncBoth(Example.vxlan());
    Netns from = one.pod(10);
    Netns to = two.pod(10);
    Captured captured = Captured.icmpOn(to);

    ping(from, two.address(10));

    assertThat(captured.sources()).contains(one.address(10));
  }

  @Test
  void podToOutsideHasTheNodesAddress() {
    syncBoth(Example.vxlan());
    Netns from = one.pod(10);
    Captured captured = Captured.icmpOn(two.netns);

    String output = ping(from, "192.0.2.2");

    assertThat(output).contains("1 received");
    assertThat(captured.sources()).contains("192.0.2.1").doesNotContain(one.address(10));
  }

  @Test
  void packetsBoundToTheNodesAddressReachARemotePodAndComeBackByTheTunnel() {
    syncBoth(Example.vxlan());
    Netns pod = two.pod(10);
    Captured captured = Captured.icmpOn(pod);

    String output = one.sh("ping -c 1 -W 5 -I 192.0.2.1 " + two.address(10));

    assertThat(output).contains("1 received");
    assertThat(captured.sources()).contains("10.244.1.0");
  }

  @Test
  void whatKubeProxyMarkedIsLeftToIt() {
    syncBoth(Example.vxlan());
    Netns from = one.pod(10);
    Captured captured = Captured.icmpOn(two.netns);
    one.sh(
        "nft 'table ip t { chain c { type filter hook prerouting priority -150; "
            + "meta mark set 0x4001; }; }'");
    // Or the answer to an untranslated request would find no way.
    two.sh("ip route add 10.244.1.10 via 192.0.2.1");

    ping(from, "192.0.2.2");

    assertThat(captured.sources()).contains(one.address(10));
  }

  /**
   * As for a process of a node that asks its own NodePort: kube-proxy masquerades that whatever
   * externalTrafficPolicy says, and the kernel takes the address of the device that leads to the
   * pod. By that the answer comes back the way of the request; no rule of ours is in it.
   */
  @Test
  void whatKubeProxyMasqueradesIntoTheTunnelHasTheTunnelsAddress() {
    syncBoth(Example.vxlan());
    Netns pod = two.pod(10);
    Captured captured = Captured.icmpOn(pod);
    one.sh(
        """
        nft delete table inet tweed
        nft add table ip t
        nft 'add chain ip t o { type nat hook output priority -100; }'
        nft 'add chain ip t p { type nat hook postrouting priority 100; }'
        nft add rule ip t o ip daddr 192.0.2.99 meta mark set mark or 0x4000 dnat to 10.244.2.10
        nft add rule ip t p mark and 0x4000 == 0x4000 masquerade
        """);

    String output = one.sh("ping -c 1 -W 5 -I 192.0.2.1 192.0.2.99");

    assertThat(output).contains("1 received");
    assertThat(captured.sources()).contains("10.244.1.0").doesNotContain("192.0.2.1");
  }

  @Test
  void aPeerThatChangesAddressAndMacIsFollowed() {
    syncBoth(Example.vxlan());
    two.sh("ip addr add 192.0.2.22/24 dev eth0");
    Peer moved = new Peer("n2", Example.block(2), List.of(Example.ip(22)), Example.mac(22));

    SyncReport report = one.sync(Example.vxlan().with(moved));

    assertThat(report.verified()).isTrue();
    assertThat(one.sh("bridge fdb show dev tweed.1"))
        .contains("02:00:00:00:00:16 dst 192.0.2.22")
        .doesNotContain("02:00:00:00:00:02");
    assertThat(one.sh("ip neigh show dev tweed.1 nud permanent"))
        .contains("10.244.2.0 lladdr 02:00:00:00:00:16");
  }

  @Test
  void ipv6PodsTalkThroughTheSameTunnel() {
    Example dual = Example.vxlan().dualStack();
    one.sync(dual.with(Example.peer(2), Example.peer6(2)));
    SyncReport report =
        two.sync(
            dual.with(
                    new OwnNode(
                        "n2",
                        List.of(Example.block(2), Example.block6(2)),
                        List.of(Example.ip(2), Example.ip6(2)),
                        Example.mac(2)))
                .with(Example.peer(1), Example.peer6(1)));
    Netns from = one.pod(10);
    Netns to = two.pod(10);
    from.sh("ip -6 addr add fd00:10:244:1::10/64 dev eth0 nodad");
    from.sh("ip -6 route add default via fd00:10:244:1::1");
    to.sh("ip -6 addr add fd00:10:244:2::10/64 dev eth0 nodad");
    to.sh("ip -6 route add default via fd00:10:244:2::1");

    String output = from.sh("ping -6 -c 1 -W 5 fd00:10:244:2::10 || ip -6 route; true");

    assertThat(report.findings()).isEmpty();
    assertThat(output).contains("1 received");
  }

  @Test
  void aNodeWithoutIpv4IsReachedByASecondTunnelOverIpv6() {
    two.sh("ip addr flush dev eth0 scope global; ip -6 addr add 2001:db8::2/64 dev eth0 nodad");
    Peer six = new Peer("n2", Example.block(2), List.of(Example.ip6(2)), Example.mac(2));
    Peer dual =
        new Peer("n1", Example.block(1), List.of(Example.ip(1), Example.ip6(1)), Example.mac(1));
    Example example = Example.vxlan();
    SyncReport first =
        one.sync(
            example
                .with(
                    new OwnNode(
                        "n1",
                        List.of(Example.block(1)),
                        List.of(Example.ip(1), Example.ip6(1)),
                        Example.mac(1)))
                .with(six));
    SyncReport second =
        two.sync(
            example
                .with(
                    new OwnNode(
                        "n2", List.of(Example.block(2)), List.of(Example.ip6(2)), Example.mac(2)))
                .with(dual));
    Netns pod = one.pod(10);
    two.pod(10);

    assertThat(first.findings()).isEmpty();
    assertThat(second.findings()).isEmpty();
    assertThat(second.podMtu()).isEqualTo(1430);
    assertThat(pod.sh("ping -c 1 -W 5 -M do -s 1402 " + two.address(10))).contains("1 received");
    assertThat(one.sh("ping -c 1 -W 5 " + two.address(10))).contains("1 received");
    assertThat(one.sh("ip route show proto 116")).contains("dev tweed6.1");
  }
}
