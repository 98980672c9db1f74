package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.dataplane.Backend;
import dev.tweed.netlink.socket.TxChecksumOffload;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes whose underlay devices fill in no checksum: what the tunnel leaves to them the kernel
 * fills in when a packet goes out, so that a rule before that can spoil it.
 */
@Tag("kernel")
class ChecksumOffloadTest {

  private static final String TUNNEL = "tweed.1";

  /**
   * Of UDP in a packet of IPv4 in the tunnel, from the outer header of UDP on (its 8 bytes, 8 of
   * VXLAN, 14 of Ethernet, 20 of IPv4, 6 of UDP): bits.
   */
  private static final String INNER_SUM = "@th,448,16";

  /** The same of IPv6. */
  private static final String INNER_SUM_V6 = "@th,608,16";

  private static final int UDP = 17;

  /** Bytes of UDP in what the prober asks with; as large as packets of pods here. */
  private static final int SMALL = 8 + PeerProbe.TAG_BYTES;

  private static final int LARGE = 1450 - 20;

  @TempDir private Path runDir;
  private NodePair nodes;

  @BeforeEach
  void make() {
    make("192.0.2.N", "10.244.0.0/16", "10.244.N.0/24");
  }

  private void make(String underlay, String pool, String block) {
    nodes =
        new NodePair(
            runDir.resolve(pool.replace('/', '-')),
            new Backend.Vxlan(1, 8472, false),
            List.of(underlay),
            List.of(pool),
            List.of(block));
    for (NodePair.Node node : List.of(nodes.first, nodes.second)) {
      node.host().exec("ethtool", "-K", "eth0", "tx", "off");
    }
  }

  @AfterEach
  void remove() {
    nodes.close();
  }

  @Test
  void oneThatWorksIsToldAndLeftOn() {
    nodes.awaitFound(found -> found.txChecksum() == TxChecksum.WORKS);
    assertThat(isOn()).isTrue();

    // And so is that somebody switches it off
    nodes.first.host().exec("ethtool", "-K", TUNNEL, "tx-checksum-ip-generic", "off");

    nodes.awaitFound(found -> found.txChecksum() == TxChecksum.OFF);
    nodes.awaitAnswers();
  }

  @Test
  void oneThatDamagesIsFoundSwitchedOffAndTold() {
    nodes.awaitAnswers();

    // Given a device that spoils what was left to it: there the sum is as yet of the pseudo header
    spoil(
        "%s { %d, %d } %s set 0xdead"
            .formatted(INNER_SUM, ofPseudoHeader(SMALL), ofPseudoHeader(LARGE), INNER_SUM));

    // Then peers answer again
    Reachability healed = nodes.awaitFound(found -> found.txChecksum() == TxChecksum.DAMAGES);
    assertThat(healed.unreached()).isEmpty();
    assertThat(healed.answered()).isEqualTo(1);
    assertThat(isOn()).isFalse();
    assertThat(nodes.judge(healed).findings())
        .extracting(NodeFinding::reason)
        .containsExactly("ChecksumsDamaged");

    // And when somebody switches it on it is looked at anew
    nodes.withoutFaults();
    nodes.first.host().exec("ethtool", "-K", TUNNEL, "tx-checksum-ip-generic", "on");
    nodes.awaitFound(found -> found.txChecksum() == TxChecksum.WORKS);
  }

  @Test
  void oneThatIsNotToBlameIsSwitchedOnAgain() {
    nodes.awaitAnswers();

    spoil("%s != 0 %s set 0xdead".formatted(INNER_SUM, INNER_SUM));

    Reachability found = nodes.awaitFound(seen -> seen.txChecksum() == TxChecksum.DAMAGED_ANYWAY);
    assertThat(found.unreached()).hasSize(1);
    assertThat(isOn()).isTrue();
    assertThat(nodes.judge(found).findings())
        .extracting(NodeFinding::reason)
        .contains("ChecksumsDamaged");

    nodes.withoutFaults();
    nodes.awaitFound(seen -> seen.txChecksum() == TxChecksum.WORKS);
  }

  @Test
  void soItIsWherePodsHaveIpv6WhichAsksForAChecksum() {
    nodes.close();
    make("192.0.2.N", "fd00:10:244::/48", "fd00:10:244:N::/64");
    nodes.awaitAnswers();

    spoil(
        "%s { %d, %d } %s set 0xdead"
            .formatted(
                INNER_SUM_V6, ofPseudoHeaderV6(SMALL), ofPseudoHeaderV6(LARGE - 20), INNER_SUM_V6));

    Reachability healed = nodes.awaitFound(found -> found.txChecksum() == TxChecksum.DAMAGES);
    assertThat(healed.unreached()).isEmpty();
    assertThat(isOn()).isFalse();
  }

  private boolean isOn() {
    return nodes.first.host().call(() -> new TxChecksumOffload().isOn(TUNNEL));
  }

  /** Of probes of the first node, which go out; the outer checksum would tell of it. */
  private void spoil(String rule) {
    nodes
        .first
        .host()
        .exec(
            "nft",
            "table inet fault { chain c { type filter hook output priority 0; udp dport 8472 "
                + rule
                + " udp checksum set 0; }; }");
  }

  /** Of a probe from fd00:10:244:1:ffff:ffff:ffff:fffe to the same of :2:. */
  private static int ofPseudoHeaderV6(int bytes) {
    int sum = 2 * (0xfd00 + 0x10 + 0x244 + 3 * 0xffff + 0xfffe) + 1 + 2 + UDP + bytes;
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
  }

  /** Of a probe from one to the other (net/ipv4/udp.c: udp_send_skb()). */
  private static int ofPseudoHeader(int bytes) {
    int sum = 2 * 0x0af4 + 0x01fe + 0x02fe + UDP + bytes;
    return (sum & 0xffff) + (sum >> 16);
  }
}
