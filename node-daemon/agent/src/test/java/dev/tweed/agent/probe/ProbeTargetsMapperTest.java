package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Finding;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.PeerWay;
import dev.tweed.dataplane.Reason;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProbeTargetsMapperTest {

  @Test
  void blocksAreProbedUnlessTheDataPathLeavesThemOut() {
    // Given own blocks and peers, of which one each is small, and one too small for pods, an own
    // address that is taken, and an own block and a peer that cannot be right
    SyncReport report =
        new SyncReport(
            true,
            "tweed.1",
            1450,
            Optional.empty(),
            3,
            2,
            List.of(),
            List.of(
                new Finding(Reason.InvalidPeer, "n3 10.244.3.0/24", "left out", "look"),
                new Finding(Reason.OutsidePools, "10.99.9.0/30", "left out", "look")),
            Map.of(),
            List.of(IpAddress.parse("10.244.1.254")),
            Optional.empty());

    ProbeTargets targets =
        ProbeTargetsMapper.map(
            true,
            Stream.of("10.99.9.0/30", "10.244.9.0/30", "10.244.1.0/24", "10.244.4.0/24")
                .map(IpPrefix::parse)
                .toList(),
            List.of(
                peer("n2", "fd00:2::/64"),
                peer("n2", "fd00:9::/127"),
                peer("n3", "10.244.3.0/24"),
                peer("n4", "fd00:4::/126")),
            report,
            List.of(
                way("fd00:2::/64", "tweed6.1", Optional.of(MacAddress.parse("02:00:00:00:00:02"))),
                way("fd00:4::/126", "eth0", Optional.empty())));

    assertThat(targets)
        .isEqualTo(
            new ProbeTargets(
                true,
                List.of(
                    new ProbeTargets.Source(
                        IpPrefix.parse("10.244.1.0/24"), IpAddress.parse("10.244.1.254")),
                    new ProbeTargets.Source(
                        IpPrefix.parse("10.244.9.0/30"), IpAddress.parse("10.244.9.1"))),
                List.of(
                    new ProbeTargets.Target(
                        "n2",
                        IpPrefix.parse("fd00:2::/64"),
                        IpAddress.parse("fd00:2::ffff:ffff:ffff:fffe"),
                        List.of(IpAddress.parse("192.0.2.2")),
                        Optional.of("tweed6.1")),
                    new ProbeTargets.Target(
                        "n4",
                        IpPrefix.parse("fd00:4::/126"),
                        IpAddress.parse("fd00:4::1"),
                        List.of(IpAddress.parse("192.0.2.2")),
                        Optional.empty())),
                1450));
    assertThat(targets.tunnels()).containsExactly("tweed6.1");
  }

  private static PeerWay way(String block, String device, Optional<MacAddress> mac) {
    return new PeerWay("n", IpPrefix.parse(block), device, IpAddress.parse("192.0.2.2"), mac, 0);
  }

  private static Peer peer(String node, String block) {
    return new Peer(
        node,
        IpPrefix.parse(block),
        List.of(IpAddress.parse("192.0.2.2")),
        MacAddress.parse("02:00:00:00:00:02"));
  }
}
