package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.TranslatedAddresses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Damage done by hand to a node's kernel is gone after one sync. */
@Tag("kernel")
class HealingTest {
  private static final Example EXAMPLE =
      Example.vxlan()
          .dualStack()
          .with(Example.peer(2), Example.peer6(2), Example.peer(3), Example.peer6(3));

  @AutoClose private final TestNode node = TestNode.alone();

  @Test
  void aSecondSyncChangesNothing() {
    SyncReport first = node.sync(EXAMPLE);
    // The kernel gives devices link-local addresses in its own time.
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                List.of("tweed-br0", "tweed-probe", "tweed-probe-br").stream()
                    .noneMatch(
                        name ->
                            node.sh("ip -6 -o addr show scope link -tentative dev " + name)
                                .isBlank()));
    String before = node.dump();

    SyncReport second = node.sync(EXAMPLE);

    assertThat(first.findings()).isEmpty();
    assertThat(first.verified()).isTrue();
    assertThat(second.applied()).isEmpty();
    assertThat(second.verified()).isTrue();
    assertThat(second.peersProgrammed()).isEqualTo(4);
    assertThat(node.dump()).isEqualTo(before);
  }

  @Test
  void aSyncByAnotherProcessChangesNothing(@TempDir Path run) {
    node.sync(EXAMPLE);

    SyncReport report =
        node.in(
            () -> {
              try (var other =
                  dev.tweed.dataplane.DataPath.open(
                      dev.tweed.dataplane.DataPathOptions.defaults().withRunDir(run))) {
                return other.sync(EXAMPLE.snapshot());
              }
            });

    assertThat(report.applied()).isEmpty();
    assertThat(report.verified()).isTrue();
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        Arguments.of("device down and up", "ip link set tweed.1 down; ip link set tweed.1 up"),
        Arguments.of("device down", "ip link set tweed.1 down"),
        Arguments.of("bridge down", "ip link set tweed-br0 down"),
        Arguments.of("device deleted", "ip link del tweed.1"),
        Arguments.of("bridge deleted", "ip link del tweed-br0"),
        Arguments.of("MAC changed", "ip link set tweed.1 address 02:aa:aa:aa:aa:aa"),
        Arguments.of("bridge MAC changed", "ip link set tweed-br0 address 02:aa:aa:aa:aa:aa"),
        Arguments.of("MTU changed", "ip link set tweed.1 mtu 1300"),
        Arguments.of("bridge MTU changed", "ip link set tweed-br0 mtu 1300"),
        Arguments.of("queue", "ip link set tweed.1 txqueuelen 1000"),
        Arguments.of("spanning tree", "ip link set tweed-br0 type bridge stp_state 1"),
        Arguments.of("mark removed from bridge", "ip link set tweed-br0 alias ''"),
        Arguments.of("mark removed from device", "ip link set tweed.1 alias ''"),
        Arguments.of("address removed", "ip addr del 10.244.1.0/32 dev tweed.1"),
        Arguments.of("gateway removed", "ip addr flush dev tweed-br0 scope global"),
        Arguments.of(
            "gateway replaced",
            "ip addr flush dev tweed-br0 scope global; ip addr add 10.244.1.5/24 dev tweed-br0"),
        Arguments.of("stale gateway", "ip addr add 10.244.9.1/24 dev tweed-br0"),
        Arguments.of("route deleted", "ip route del 10.244.2.0/24"),
        Arguments.of("IPv6 route deleted", "ip -6 route del fd00:10:244:2::/64 proto 116"),
        Arguments.of("route changed", "ip route change 10.244.2.0/24 via 192.0.2.77 proto 116"),
        Arguments.of(
            "IPv6 route changed",
            "ip -6 route change fd00:10:244:2::/64 via 2001:db8::77 metric 1 proto 116"),
        Arguments.of("route replaced", "ip route replace 10.244.2.0/24 via 192.0.2.77"),
        Arguments.of(
            "IPv6 route replaced",
            "ip -6 route replace fd00:10:244:2::/64 via 2001:db8::77 metric 1"),
        Arguments.of(
            "nexthop object changed",
            "ip nexthop replace id $(ip route show 10.244.2.0/24 | sed 's/.*nhid //; s/ .*//') via"
                + " 192.0.2.77 dev eth0 proto 116"),
        Arguments.of(
            "all routes flushed", "ip nexthop flush proto 116; ip -6 route flush proto 116"),
        Arguments.of("neighbour deleted", "ip neigh del 10.244.2.0 dev tweed.1"),
        Arguments.of(
            "neighbour changed",
            "ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:03 dev tweed.1 nud permanent"),
        Arguments.of(
            "neighbour not permanent",
            "ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:02 dev tweed.1 nud stale"),
        Arguments.of("neighbours flushed", "ip neigh flush dev tweed.1 nud permanent"),
        Arguments.of(
            "FDB entry deleted", "bridge fdb del 02:00:00:00:00:02 dev tweed.1 dst 192.0.2.2"),
        Arguments.of(
            "FDB entry changed", "bridge fdb replace 02:00:00:00:00:02 dev tweed.1 dst 192.0.2.9"),
        Arguments.of(
            "FDB destination appended",
            "bridge fdb append 00:00:00:00:00:00 dev tweed.1 dst 192.0.2.9"),
        Arguments.of("ip_forward off", "sysctl -qw net.ipv4.ip_forward=0"),
        Arguments.of("IPv6 forwarding off", "sysctl -qw net.ipv6.conf.all.forwarding=0"),
        Arguments.of("forwarding of the NIC off", "sysctl -qw net.ipv4.conf.eth0.forwarding=0"),
        Arguments.of("IPv6 of the NIC not forwarded", "sysctl -qw net.ipv6.conf.eth0.forwarding=0"),
        Arguments.of("bridge-nf off", "sysctl -qw net.bridge.bridge-nf-call-iptables=0"),
        Arguments.of("advertisements", "echo 1 > /proc/sys/net/ipv6/conf/tweed.1/accept_ra"),
        Arguments.of("strict filter", "sysctl -qw net.ipv4.conf.all.rp_filter=1"),
        Arguments.of("rules flushed", "nft flush ruleset"),
        Arguments.of("table flushed", "nft flush table inet tweed"),
        Arguments.of("table deleted", "nft delete table inet tweed"),
        Arguments.of("rule added", "nft add rule inet tweed postrouting counter"),
        Arguments.of("rule inserted", "nft insert rule inet tweed postrouting accept"),
        Arguments.of(
            "rule deleted",
            "nft delete rule inet tweed postrouting handle $(nft -a list table inet tweed |"
                + " sed -n 's/.*pod to pod.* # handle //p' | head -n 1)"),
        Arguments.of(
            "rule replaced",
            "nft replace rule inet tweed postrouting handle $(nft -a list table inet tweed |"
                + " sed -n 's/.*pod to pod.* # handle //p' | head -n 1) accept"),
        Arguments.of(
            "rule replaced by another of its name",
            "nft replace rule inet tweed postrouting handle $(nft -a list table inet tweed |"
                + " sed -n 's/.*pod to outside.* # handle //p' | head -n 1) accept comment"
                + " '\"ip pod to outside\"'"),
        Arguments.of("table asleep", "nft 'table inet tweed { flags dormant; }'"),
        Arguments.of(
            "policy changed", "nft 'table inet tweed { chain postrouting { policy drop; }; }'"),
        Arguments.of("probe deleted", "ip link del tweed-probe"),
        Arguments.of("probe's port deleted", "ip link del tweed-probe-br"),
        Arguments.of("probe down", "ip link set tweed-probe down"),
        Arguments.of(
            "probe down and up", "ip link set tweed-probe down; ip link set tweed-probe up"),
        Arguments.of("probe's port down", "ip link set tweed-probe-br down"),
        Arguments.of("probe's port out of the bridge", "ip link set tweed-probe-br nomaster"),
        Arguments.of("probe's MAC changed", "ip link set tweed-probe address 02:aa:aa:aa:aa:aa"),
        Arguments.of("probe's MTU changed", "ip link set tweed-probe mtu 1300"),
        Arguments.of("probe's mark removed", "ip link set tweed-probe alias ''"),
        Arguments.of("probe's addresses flushed", "ip addr flush dev tweed-probe scope global"),
        Arguments.of("another address on the probe", "ip addr add 10.244.1.99/32 dev tweed-probe"),
        Arguments.of(
            "probe's IPv6 address with a route",
            "ip addr del fd00:10:244:1:ffff:ffff:ffff:fffe/128 dev tweed-probe;"
                + " ip addr add fd00:10:244:1:ffff:ffff:ffff:fffe/128 dev tweed-probe nodad"),
        Arguments.of(
            "probe's address local to all",
            "ip route add local 10.244.1.254 dev tweed-probe table local proto kernel src"
                + " 10.244.1.254"),
        Arguments.of(
            "probe's IPv6 address local to all",
            "ip -6 route add local fd00:10:244:1:ffff:ffff:ffff:fffe dev tweed-probe table local"
                + " proto kernel"),
        Arguments.of(
            "probe's routes flushed", "ip route flush table 7416; ip -6 route flush table 7416"),
        Arguments.of(
            "probe's way out changed",
            "ip route change default via 10.244.1.1 dev tweed-probe table 7416 proto 116 mtu 700"),
        Arguments.of("probe's neighbour deleted", "ip neigh del fe80::7416 dev tweed-probe"),
        Arguments.of(
            "probe's neighbour changed",
            "ip neigh replace fe80::7416 lladdr 02:00:00:00:00:09 dev tweed-probe nud permanent"),
        Arguments.of(
            "probe's rules deleted",
            "ip rule del pref 74; ip rule del pref 74; ip -6 rule del pref 74"),
        Arguments.of("rules flushed by preference", "ip rule flush proto 116"),
        Arguments.of(
            "rule of an older block", "ip rule add pref 74 from 10.244.9.254 table 7416 proto 116"),
        Arguments.of(
            "probe's sysctls",
            "cd /proc/sys/net/ipv4/conf/tweed-probe; echo 0 > accept_local; echo 0 > rp_filter;"
                + " echo 0 > arp_ignore"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void damageIsGoneAfterOneSync(String name, String damage) {
    node.sync(EXAMPLE);
    String before = node.netns.sh(SHOWN);
    node.sh(damage);

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).as("verified, with %s", report).isTrue();
    assertThat(report.findings()).isEmpty();
    assertThat(report.peersProgrammed()).isEqualTo(4);
    assertThat(report.applied()).isNotEmpty().allMatch(Change::drift);
    assertThat(node.netns.sh(SHOWN)).isEqualTo(before);
  }

  /** State without indexes and handles, which a new device or table has others of. */
  private static final String SHOWN =
      "for d in tweed.1 tweed-br0; do ip -d link show dev $d | sed 's/^[0-9]*: //; s/ state"
          + " [A-Z]*//; s/ forward_delay.*//; s/NO-CARRIER,//; s/,LOWER_UP//';"
          + " ip addr show dev $d scope global | grep inet; done;"
          + " ip -d link show dev tweed-br0 | grep -o 'stp_state [01]';"
          + " ip route show proto 116 | sed 's/ nhid [0-9]*//'; ip -6 route show proto 116; bridge fdb show dev tweed.1 |"
          + " sort; ip neigh show dev tweed.1 nud permanent | sort; ip -6 neigh show dev tweed.1"
          + " nud permanent | sort; nft list table inet tweed; sysctl net.ipv4.ip_forward"
          + " net.bridge.bridge-nf-call-iptables net.ipv6.conf.all.forwarding"
          + " net.ipv4.conf.eth0.forwarding net.ipv6.conf.eth0.forwarding; cat"
          + " /proc/sys/net/ipv6/conf/tweed.1/accept_ra;"
          + " for d in tweed-probe tweed-probe-br; do ip link show dev $d | sed 's/^[0-9]*: //;"
          + " s/ state [A-Z]*//; s/NO-CARRIER,//; s/,LOWER_UP//; s/,M-DOWN//';"
          + " ip addr show dev $d scope global | sed -n /inet/p; done; ip rule | sort; ip -6 rule | sort;"
          + " ip route show table 7416; ip -6 route show table 7416;"
          + " ip route show table local dev tweed-probe; ip -6 route show table local dev"
          + " tweed-probe | sed -n /10:244/p; ip -6 neigh show dev tweed-probe nud permanent;"
          + " cd /proc/sys/net/ipv4/conf/tweed-probe; cat accept_local rp_filter arp_ignore";

  @Test
  void theParentIsDeletedAndComesBack() {
    node.sync(EXAMPLE);
    node.sh("ip link del eth0");
    SyncReport without = node.sync(EXAMPLE);
    node.sh(
        "ip link add eth0 type veth peer name far && ip link set far up && ip link set eth0 up;"
            + " ip addr add 192.0.2.1/24 dev eth0; ip addr add 2001:db8::1/64 dev eth0 nodad");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(without.findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.reason()).isEqualTo(Reason.NoInternalIP));
    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(4);
  }

  @Test
  void whileTheNodesAddressIsAwayTheTunnelStays() {
    node.sync(EXAMPLE);
    String before = node.sh("ip -d link show dev tweed.1; ip route show proto 116");
    node.sh("ip addr flush dev eth0");

    node.sync(EXAMPLE);

    assertThat(node.sh("ip -d link show dev tweed.1; ip route show proto 116")).isEqualTo(before);
  }

  @Test
  void aNewMtuOfTheUnderlayIsFollowedAtOnce() {
    node.sync(EXAMPLE);
    node.sh("ip link set eth0 mtu 1400");

    SyncReport lower = node.sync(EXAMPLE);

    assertThat(lower.podMtu()).isEqualTo(1350);
    assertThat(lower.verified()).isTrue();
    assertThat(node.sh("ip link show dev tweed-br0")).contains("mtu 1350");
    assertThat(node.sh("ip link show dev tweed.1")).contains("mtu 1350");
    node.sh("ip link set eth0 mtu 9000");
    assertThat(node.sync(EXAMPLE).podMtu()).isEqualTo(8950);
    assertThat(node.sh("ip link show dev tweed.1")).contains("mtu 8950");
  }

  @Test
  void aNewNodeAddressMakesTheTunnelAnew() {
    node.sync(EXAMPLE);
    node.sh("ip addr del 192.0.2.1/24 dev eth0; ip addr add 192.0.2.50/24 dev eth0");
    Example moved =
        EXAMPLE.with(
            new OwnNode(
                "n1",
                EXAMPLE.self().blocks(),
                List.of(Example.ip(50), Example.ip6(1)),
                Example.mac(1)));

    SyncReport report = node.sync(moved);

    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(4);
    assertThat(report.applied())
        .anySatisfy(
            change ->
                assertThat(change.detail())
                    .isEqualTo("local address is 192.0.2.1, wanted is 192.0.2.50"));
    assertThat(node.sh("ip -d link show dev tweed.1")).contains("local 192.0.2.50");
  }

  @Test
  void aPodsPortDoesNotChangeTheMtuOfTheBridge() {
    node.sync(EXAMPLE);

    node.pod(10);

    assertThat(node.sh("ip link show tweed-br0")).contains("mtu 1450");
    assertThat(node.sync(EXAMPLE).applied()).isEmpty();
  }

  @Test
  void aNewPeerAndDamageInOneSync() {
    node.sync(EXAMPLE);
    node.sh("ip link del tweed.1; nft flush ruleset");

    SyncReport report = node.sync(EXAMPLE.with(Example.peer(4)));

    assertThat(report.verified()).isTrue();
    assertThat(report.peersProgrammed()).isEqualTo(1);
    assertThat(report.findings()).isEmpty();
    assertThat(node.sh("ip route show proto 116; bridge fdb show dev tweed.1"))
        .containsPattern("10.244.4.0/24 nhid [0-9]+ via 10.244.4.0 dev tweed.1")
        .contains("dst 192.0.2.4")
        .doesNotContain("10.244.2.0");
  }

  @Test
  void aRenamedBridgeLeavesNoOldOne() {
    node.sync(EXAMPLE);
    Example renamed =
        new Example(
            EXAMPLE.backend(),
            EXAMPLE.mtu(),
            "pods0",
            EXAMPLE.masquerade(),
            EXAMPLE.podCidrs(),
            EXAMPLE.sysctls(),
            EXAMPLE.self(),
            EXAMPLE.peers(),
            true);

    SyncReport report = node.sync(renamed);

    assertThat(report.verified()).isTrue();
    assertThat(node.sh("ip -o link")).contains("pods0").doesNotContain("tweed-br0");
  }

  @Test
  void masqueradeSwitchedOffTakesTheTableAway() {
    node.sync(EXAMPLE);

    SyncReport report = node.sync(EXAMPLE.with(new Masquerade(false, List.of(), true)));

    assertThat(report.verified()).isTrue();
    assertThat(node.sh("nft list tables")).isEqualTo("table inet tweed-tunnel\n");
  }

  @Test
  void podsOfADeletedBridgeAreAttachedToTheNewOne() {
    node.sync(EXAMPLE);
    var pod = node.pod(10);
    node.sync(EXAMPLE);
    node.sh("ip link del tweed-br0");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(pod.sh("ping -c 1 -W 5 10.244.1.1")).contains("1 received");
  }

  @Test
  void portsOfADeletedBridgeAreHairpinAgain() {
    node.sync(EXAMPLE);
    node.pod(10);
    node.sh("ip link set dev veth10 type bridge_slave hairpin on");
    node.sync(EXAMPLE);
    node.sh("ip link del tweed-br0");

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.verified()).isTrue();
    assertThat(report.findings()).isEmpty();
    assertThat(node.sh("bridge -d link show dev veth10")).contains("hairpin on");
    assertThat(node.sync(EXAMPLE).applied()).isEmpty();
  }

  @Test
  void portsOfADeletedBridgeAreNotHairpinInANetworkWithout() {
    ClusterSnapshot without = withoutHairpin(EXAMPLE.snapshot());
    node.sync(without);
    node.pod(10);
    node.sync(without);
    node.sh("ip link del tweed-br0");

    SyncReport report = node.sync(without);

    assertThat(report.verified()).isTrue();
    assertThat(node.sh("bridge -d link show dev veth10"))
        .contains("master tweed-br0")
        .contains("hairpin off");
  }

  @Test
  void hairpinOfAttachedPortsIsLeftToTheCniPlugin() {
    node.sync(EXAMPLE);
    node.pod(10);

    SyncReport report = node.sync(EXAMPLE);

    assertThat(report.applied()).isEmpty();
    assertThat(node.sh("bridge -d link show dev veth10")).contains("hairpin off");
  }

  private static ClusterSnapshot withoutHairpin(ClusterSnapshot snapshot) {
    NetworkParameters network = snapshot.network();
    return new ClusterSnapshot(
        new NetworkParameters(
            network.name(),
            network.backend(),
            network.mtu(),
            network.bridgeName(),
            false,
            network.masquerade(),
            network.podCidrs(),
            network.sysctls(),
            network.tunnelFiltered(),
            network.probes(),
            TranslatedAddresses.NONE,
            false),
        snapshot.self(),
        snapshot.peers());
  }
}
