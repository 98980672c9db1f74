package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Needs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may send to the tunnel, by the kernel's own counts. */
@Tag("kernel")
class TunnelFilterTest {

  private static final Example EXAMPLE = Example.vxlan().with(Example.peer(3));
  private static final int OURS = 1;

  private final List<TestNode> nodes = TestNode.pair();
  private final TestNode node = nodes.getFirst();
  private final TestNode other = nodes.getLast();

  @AfterEach
  void close() {
    nodes.forEach(TestNode::close);
  }

  @Test
  void nftListsTheTable() {
    node.sync(Example.vxlan().dualStack().with(Example.peer(2), both(3)));

    assertThat(node.sh("nft list table inet tweed-tunnel"))
        .isEqualTo(
            """
            table inet tweed-tunnel {
            	set peers-ipv4 {
            		type ipv4_addr
            		elements = { 192.0.2.2, 192.0.2.3 }
            	}

            	set strangers-ipv4 {
            		type ipv4_addr
            		size 64
            		flags dynamic,timeout
            		timeout 5m
            	}

            	set peers-ipv6 {
            		type ipv6_addr
            		elements = { 2001:db8::3 }
            	}

            	set strangers-ipv6 {
            		type ipv6_addr
            		size 64
            		flags dynamic,timeout
            		timeout 5m
            	}

            	chain strangers {
            		update @strangers-ipv4 { ip saddr }
            		update @strangers-ipv6 { ip6 saddr }
            		counter packets 0 bytes 0 drop comment "from no node of the network"
            	}

            	chain input {
            		type filter hook input priority -200; policy accept;
            		udp dport 8472 @th,96,24 0x1 ip saddr != @peers-ipv4 goto strangers
            		udp dport 8472 @th,96,24 0x1 ip6 saddr != @peers-ipv6 goto strangers
            	}
            }
            """);
  }

  /** Sets that one version writes have made another die, whatever table it was asked for. */
  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie"})
  void everyNftReadsOnWithIt(String release) {
    Path nft = Path.of(System.getProperty("tweed.nftVersions", ""), release, "nft");
    if (!Files.isExecutable(nft)) {
      throw Needs.unmet("-Dtweed.nftVersions, which ./dev test kernel unpacks and passes");
    }
    node.sync(EXAMPLE);

    assertThat(node.sh(nft + " list ruleset")).contains("ip saddr != @peers-ipv4 goto strangers");
    node.sh(nft + " -j list sets ip"); // what kube-proxy asks first
    node.sh("echo 'add table ip t; add set ip t s { type ipv4_addr; }' | " + nft + " -f -");
  }

  @Test
  void packetsOfAStrangerAreDroppedAndToldUntilItJoins() {
    node.sync(EXAMPLE);
    send("192.0.2.1", OURS);

    SyncReport report = node.sync(EXAMPLE);

    assertThat(dropped()).isEqualTo(1);
    assertThat(report.verified()).isTrue();
    assertThat(report.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.reason()).isEqualTo(Reason.TunnelSourceUnknown);
              assertThat(finding.message()).contains("UDP port 8472, VNI 1", "from 192.0.2.2 in");
            });

    assertThat(node.sync(EXAMPLE.with(Example.peer(2), Example.peer(3))).findings()).isEmpty();
    send("192.0.2.1", OURS);
    assertThat(dropped()).isEqualTo(1);
  }

  @Test
  void packetsByIpv6AreFilteredToo() {
    Example dual = Example.vxlan().dualStack();
    node.sync(dual.with(Example.peer(2)));
    send("2001:db8::1", OURS);
    send("192.0.2.1", OURS);
    assertThat(dropped()).isEqualTo(1);

    node.sync(dual.with(both(2)));
    send("2001:db8::1", OURS);
    assertThat(dropped()).isEqualTo(1);
  }

  @Test
  void othersNetworksOnThePortAreLeftAlone() {
    node.sync(EXAMPLE);
    for (TestNode end : nodes) {
      end.sh(
          "ip link add vx42 type vxlan id 42 dstport 8472 local 192.0.2.%d remote 192.0.2.%d dev eth0;"
                  .formatted(end.number, 3 - end.number)
              + " ip addr add 198.51.100.%d/24 dev vx42; ip link set vx42 up"
                  .formatted(end.number));
    }

    assertThat(other.sh("ping -c 1 -W 5 198.51.100.1")).contains("1 received");
    assertThat(dropped()).isZero();
    assertThat(node.sync(EXAMPLE).findings()).extracting(Finding::reason).isEmpty();
  }

  @Test
  void aMasqueradeThatRewritesTheSourceOfANodeIsTold() {
    // Given a node that is known by its second address, and a rule that translates all that leaves
    other.sh("ip addr add 192.0.2.22/24 dev eth0");
    other.sh(
        "nft 'table ip t { chain c { type nat hook postrouting priority srcnat;"
            + " oifname eth0 masquerade; }; }'");
    Peer second = new Peer("n2", Example.block(2), List.of(Example.ip(22)), Example.mac(2));
    other.sync(
        EXAMPLE
            .with(
                new OwnNode(
                    "n2", List.of(Example.block(2)), List.of(Example.ip(22)), Example.mac(2)))
            .with(Example.peer(1)));
    node.sync(EXAMPLE.with(second));

    other.sh("ping -c 1 -W 0.2 10.244.1.1 || true");

    assertThat(node.sync(EXAMPLE.with(second)).findings())
        .extracting(Finding::reason)
        .containsExactly(Reason.TunnelSourceUnknown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush ruleset",
        "nft delete table inet tweed-tunnel",
        "nft flush chain inet tweed-tunnel input",
        "nft flush chain inet tweed-tunnel strangers",
        "nft insert rule inet tweed-tunnel input accept",
        "nft add table inet tweed-tunnel '{ flags dormant; }'",
        "nft flush set inet tweed-tunnel peers-ipv4",
        "nft delete element inet tweed-tunnel peers-ipv4 '{ 192.0.2.3 }'",
        "nft add element inet tweed-tunnel peers-ipv4 '{ 192.0.2.66 }'",
        "nft add element inet tweed-tunnel peers-ipv6 '{ 2001:db8::66 }'",
      })
  void whatIsChangedByHandIsPutRight(String command) {
    node.sync(EXAMPLE);
    String before = node.sh("nft list table inet tweed-tunnel");

    node.sh(command);

    assertThat(node.sh("nft list ruleset")).isNotEqualTo(before);
    assertThat(node.sync(EXAMPLE).applied())
        .extracting(Change::kind, Change::drift)
        .contains(org.assertj.core.groups.Tuple.tuple(Change.Kind.FILTER, true));
    assertThat(node.sh("nft list table inet tweed-tunnel")).isEqualTo(before);
    assertThat(node.sync(EXAMPLE).applied()).isEmpty();
  }

  @Test
  void anotherNetworkTakesItsPlaceAndACleanupLeavesNone() {
    node.sync(EXAMPLE);

    node.sync(EXAMPLE.with(new Backend.Vxlan(7, 4789, false)));
    assertThat(node.sh("nft list table inet tweed-tunnel"))
        .contains("udp dport 4789 @th,96,24 0x7 ")
        .doesNotContain("8472");

    assertThat(node.in(() -> node.dataPath.cleanup()).remaining()).isEmpty();
    assertThat(node.sh("nft list tables")).isEmpty();
  }

  private static Peer both(int i) {
    return new Peer(
        "n" + i, Example.block(i), List.of(Example.ip(i), Example.ip6(i)), Example.mac(i));
  }

  /** A VXLAN header without a frame. */
  private void send(String to, int vni) {
    other.sh(
        "bash -c 'printf \"\\x08\\0\\0\\0\\0\\0\\x%02x\\0\" > /dev/udp/%s/8472'"
            .formatted(vni, to));
  }

  private long dropped() {
    return node.in(() -> node.dataPath.inspect()).tunnelFilter().orElseThrow().dropped();
  }
}
