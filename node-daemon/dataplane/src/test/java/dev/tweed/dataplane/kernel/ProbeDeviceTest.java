package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The device by which two nodes, each a network namespace, probe each other. */
@Tag("kernel")
class ProbeDeviceTest {
  private static final int PORT = 7416;
  private static final String FORWARD_DROP =
      "nft 'table inet fw { chain f { type filter hook forward priority 0; policy drop; }; }'";

  /**
   * Everything denied but what the network's own rows allow, as in firewall's BuiltInRulesPlanner.
   */
  private static final String DENY =
      """
      nft -f - <<'EOF'
      table inet fw {
        chain i {
          type filter hook input priority 0; policy drop;
          ct state established,related accept
          icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
          udp dport 8472 accept
          iifname { tweed.1, tweed-br0 } accept
          ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 accept
          ip6 saddr fd00:10:244::/48 ip6 daddr fd00:10:244::/48 accept
        }
        chain o {
          type filter hook output priority 0; policy drop;
          icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
          udp dport 8472 accept
          oifname { tweed.1, tweed-br0 } accept
          ip daddr 10.244.0.0/16 accept
          ip6 daddr fd00:10:244::/48 accept
        }
        chain f {
          type filter hook forward priority 0; policy drop;
          iifname tweed-br0 oifname tweed.1 accept
          iifname tweed.1 oifname tweed-br0 accept
        }
      }
      EOF
      """;

  @AutoClose private TestNode one;
  @AutoClose private TestNode two;

  @BeforeEach
  void setUp() {
    List<TestNode> pair = TestNode.pair();
    one = pair.get(0);
    two = pair.get(1);
  }

  private static Example dual() {
    return Example.vxlan().dualStack();
  }

  private List<SyncReport> syncBoth() {
    return List.of(
        one.sync(dual().with(Example.peer(2), Example.peer6(2))),
        two.sync(
            dual()
                .with(
                    new OwnNode(
                        "n2",
                        List.of(Example.block(2), Example.block6(2)),
                        List.of(Example.ip(2), Example.ip6(2)),
                        Example.mac(2)))
                .with(Example.peer(1), Example.peer6(1))));
  }

  private static IpAddress address(AddressFamily family, int node) {
    IpPrefix block = family == AddressFamily.IPV4 ? Example.block(node) : Example.block6(node);
    return ProbeAddress.of(block).orElseThrow();
  }

  /** Whether a datagram from one's probe address to a closed port of two's is answered by ICMP. */
  private boolean answered(AddressFamily family, Duration patience) {
    // What the daemon's own sockets ask for one by one.
    one.sh("sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1");
    return one.in(
        () -> {
          try (DatagramChannel channel =
                  DatagramChannel.open(
                      family == AddressFamily.IPV4
                          ? StandardProtocolFamily.INET
                          : StandardProtocolFamily.INET6);
              Selector selector = Selector.open()) {
            channel.bind(socket(address(family, 1), 0));
            channel.connect(socket(address(family, 2), PORT));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            channel.write(ByteBuffer.wrap(new byte[] {1}));
            selector.select(patience.toMillis());
            channel.read(ByteBuffer.allocate(16));
            return false;
          } catch (PortUnreachableException e) {
            return true;
          }
        });
  }

  private static InetSocketAddress socket(IpAddress address, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address.toString()), port);
  }

  @ParameterizedTest
  @EnumSource
  void aProbeIsAnsweredByThePeer(AddressFamily family) {
    // When
    List<SyncReport> reports = syncBoth();

    // Then
    assertThat(reports)
        .allSatisfy(
            report -> {
              assertThat(report.findings()).isEmpty();
              assertThat(report.verified()).isTrue();
            });
    assertThat(reports.getFirst().probes())
        .containsExactly(address(AddressFamily.IPV4, 1), address(AddressFamily.IPV6, 1));
    assertThat(answered(family, Duration.ofSeconds(5))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aProbeIsForwardedAtBothEndsAsPodsPacketsAre(AddressFamily family) {
    // Given
    syncBoth();
    answered(family, Duration.ofSeconds(5));

    for (TestNode end : List.of(one, two)) {
      // When
      end.sh(FORWARD_DROP);

      // Then
      assertThat(answered(family, Duration.ofMillis(300))).isFalse();
      end.sh("nft delete table inet fw");
      assertThat(answered(family, Duration.ofSeconds(5))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRowsOfTheNetworkAreEnoughForProbes(AddressFamily family) {
    // Given
    syncBoth();

    // When
    one.sh(DENY);
    two.sh(DENY);

    // Then
    assertThat(answered(family, Duration.ofSeconds(5))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void whatTheHostDoesWithPacketsForItselfDoesNotMatter(AddressFamily family) throws Exception {
    // Given
    syncBoth();

    // When it lets none in but the tunnel's, and somebody listens on the port
    two.sh(
        """
        nft 'add table inet fw; add chain inet fw in { type filter hook input priority 0; policy drop; };
             add rule inet fw in udp dport 8472 accept; add rule inet fw in meta l4proto 58 accept'
        """);
    try (DatagramChannel listener = two.in(DatagramChannel::open)) {
      listener.bind(new InetSocketAddress(PORT));

      // Then
      assertThat(answered(family, Duration.ofSeconds(5))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void strictFiltersOfTheHostDoNotMatter(AddressFamily family) {
    // Given
    for (TestNode node : List.of(one, two)) {
      node.sh("sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1");
    }

    // When
    syncBoth();

    // Then
    assertThat(answered(family, Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void theBridgeAloneAnswersPodsThatAskForTheirGateway() {
    // Given
    syncBoth();
    Netns pod = one.pod(10);
    one.sh(
        "nft 'table arp t { chain c { type filter hook output priority 0;"
            + " oifname tweed-probe arp operation reply counter; }; }'");

    // When
    pod.sh("ping -c 1 -W 5 10.244.1.1");

    // Then
    assertThat(one.sh("nft list table arp t")).contains("counter packets 0 ");
  }

  @Test
  void aSmallBlockHasNone() {
    // Given
    OwnNode small =
        new OwnNode(
            "n1", List.of(IpPrefix.parse("10.244.1.4/30")), List.of(Example.ip(1)), Example.mac(1));

    // When
    SyncReport report = one.sync(Example.vxlan().with(small));

    // Then
    assertThat(report.findings()).isEmpty();
    assertThat(report.probes()).isEmpty();
    assertThat(one.sh("ip -o link; ip rule")).doesNotContain("tweed-probe");
  }

  @Test
  void disabledTakesItAway() {
    // Given
    String before = ways();
    one.sync(dual());

    // When
    SyncReport report = one.sync(dual().withoutProbes());

    // Then
    assertThat(report.verified()).isTrue();
    assertThat(ways()).isEqualTo(before);
    assertThat(one.sh("ip -o link")).contains("tweed-br0").doesNotContain("tweed-probe");
  }

  private String ways() {
    return one.sh(
        "ip rule; ip -6 rule; ip route show table 7416 2>/dev/null || true; ip -6 route show table"
            + " 7416 2>/dev/null || true");
  }

  @Test
  void anotherBlockLeavesNothingOfTheOldOne() {
    // Given
    one.sync(Example.vxlan());

    // When
    SyncReport report =
        one.sync(
            Example.vxlan()
                .with(
                    new OwnNode(
                        "n1", List.of(Example.block(3)), List.of(Example.ip(1)), Example.mac(1))));

    // Then
    assertThat(report.verified()).isTrue();
    assertThat(one.sh("ip rule; ip route show table 7416; ip addr show dev tweed-probe"))
        .contains("from 10.244.3.254 iif lo lookup 7416")
        .contains("local 10.244.3.254")
        .contains("default via 10.244.3.1")
        .contains("inet 10.244.3.254/32")
        .doesNotContain("10.244.1.");
  }

  @Test
  void somebodyElsesDeviceIsLeftAloneUntilItIsGone() {
    // Given
    one.sh("ip link add tweed-probe type bridge; ip addr add 198.51.100.7/32 dev tweed-probe");
    String before = one.sh("ip addr show dev tweed-probe");

    // When
    SyncReport report = one.sync(dual());

    // Then
    assertThat(report.findings())
        .extracting(Finding::reason)
        .containsExactly(Reason.ProbeDeviceForeign);
    assertThat(report.verified()).isTrue();
    assertThat(report.probes()).isEmpty();
    assertThat(one.sh("ip addr show dev tweed-probe")).isEqualTo(before);
    one.sh("ip link del tweed-probe");
    assertThat(one.sync(dual()).probes()).hasSize(2);
  }

  @Test
  void waysOfOthersAreToldAndLeftAlone() {
    // Given
    one.sh(
        "ip rule add pref 74 from 198.51.100.9 lookup 7416 proto static;"
            + " ip route add default dev eth0 table 7416 proto static;"
            + " ip -6 route add default dev eth0 table 7416 proto static");
    String before = ways();

    // When
    SyncReport report = one.sync(dual());
    one.in(() -> one.dataPath.cleanup());

    // Then they are told, and stay
    assertThat(report.findings())
        .extracting(Finding::reason, Finding::object)
        .containsExactly(tuple(Reason.RouteShadowed, "probes"));
    assertThat(report.probes()).hasSize(2);
    assertThat(ways()).isEqualTo(before);
  }

  @Test
  void anAddressThatAPodAnswersForIsNotTakenFromIt() {
    // Given
    one.sync(Example.vxlan());
    one.sh("ip addr flush dev tweed-probe");
    Netns pod = one.pod(254);
    pod.sh("ping -c 1 -W 5 10.244.1.1");
    one.sh("ping -c 1 -W 5 10.244.1.254");

    // When
    SyncReport report = one.sync(Example.vxlan());

    // Then
    assertThat(report.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.ProbeAddressTaken);
              assertThat(finding.object()).isEqualTo("10.244.1.254");
            });
    assertThat(report.verified()).isTrue();
    assertThat(one.sh("ip -o addr")).doesNotContain("tweed-probe inet 10.244.1.254");
    assertThat(one.sh("ping -c 1 -W 5 10.244.1.254")).contains("1 received");
  }

  @Test
  void anAddressThatThePluginGaveAwayIsThePods(@TempDir Path run) throws IOException {
    // Given
    Path file = run.resolve("cni/tweed/10.244.1.254");
    Files.createDirectories(file.getParent());
    Files.createFile(file);
    try (TestNode node = TestNode.alone(DataPathOptions.defaults().withRunDir(run))) {
      // When
      SyncReport report = node.sync(dual());

      // Then
      assertThat(report.findings())
          .extracting(Finding::reason)
          .containsExactly(Reason.ProbeAddressTaken);
      assertThat(report.probes()).containsExactly(address(AddressFamily.IPV6, 1));
      Files.delete(file);
      assertThat(node.sync(dual()).probes()).hasSize(2);
    }
  }
}
