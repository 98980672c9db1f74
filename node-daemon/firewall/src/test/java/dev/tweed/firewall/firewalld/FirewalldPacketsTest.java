package dev.tweed.firewall.firewalld;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.rules.Action;
import dev.tweed.firewall.rules.Direction;
import dev.tweed.firewall.rules.FirewallRule;
import dev.tweed.firewall.rules.Peer;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of packets where real firewalld has our rows. */
@Tag("kernel")
class FirewalldPacketsTest {

  private static final Peer PEER = Peer.of(IpPrefix.parse("192.0.2.2/32"));

  @TempDir Path root;
  @AutoClose private FirewalldNode node;

  @BeforeEach
  void start() throws IOException {
    node = FirewalldNode.start(root);
  }

  @Test
  void whatANetworkNeedsPassesAZoneThatDrops() {
    assertThat(node.network().podReachesPeer()).isFalse();
    assertThat(node.network().peerReachesPod()).isFalse();
    assertThat(node.network().podReachesOutside()).isFalse();
    assertThat(node.network().podReachesNode()).isFalse();
    assertThat(node.network().peerReachesTunnelPort()).isFalse();

    BackendOutcome outcome = node.apply(Rows.network());

    assertThat(outcome).isEqualTo(new BackendOutcome.Applied(true, true, List.of()));
    assertThat(node.network().podReachesPeer()).isTrue();
    assertThat(node.network().peerReachesPod()).isTrue();
    assertThat(node.network().podReachesOutside()).isTrue();
    assertThat(node.network().podReachesNode()).isTrue();
    assertThat(node.network().peerReachesTunnelPort()).isTrue();
    assertThat(node.network().peerReachesNode(22)).isFalse();
  }

  @Test
  void aPolicyThatDeniesEverythingOutIsPassedToo() {
    node.sh(
        """
        firewall-cmd --permanent --new-policy=closed
        firewall-cmd --permanent --policy=closed --add-ingress-zone=HOST
        firewall-cmd --permanent --policy=closed --add-egress-zone=ANY
        firewall-cmd --permanent --policy=closed --set-target=DROP
        firewall-cmd --reload
        """);
    assertThat(node.network().nodeReachesPeer(80)).isFalse();

    node.apply(Rows.network(Rows.allow(Direction.OUT, 80)));

    assertThat(node.network().nodeReachesPeer(80)).isTrue();
    assertThat(node.network().nodeReachesPeer(81)).isFalse();
  }

  @Test
  void denyClosesAPortThatAZoneOpens() {
    node.type("--zone=drop --add-port=80/tcp");
    assertThat(node.network().peerReachesNode(80)).isTrue();

    node.apply(Rows.network(Rows.allow(Direction.IN, 80).withAction(Action.DENY)));

    assertThat(node.network().peerReachesNode(80)).isFalse();
  }

  @Test
  void allowOpensAPortForOneFamilyOnly() {
    node.apply(
        Rows.network(
            Rows.allow(Direction.IN, 80).withFrom(Peer.of(IpPrefix.any(AddressFamily.IPV4))),
            Rows.allow(Direction.IN, 82)));

    assertThat(node.network().peerReachesNode(80)).isTrue();
    assertThat(node.network().peerReachesNodeByIpv6(80)).isFalse();
    assertThat(node.network().peerReachesNodeByIpv6(82)).isTrue();
  }

  @Test
  void theFirstRowThatMatchesDecides() {
    FirewallRule deny = Rows.allow(Direction.IN, 80).withAction(Action.DENY);
    FirewallRule exception = Rows.allow(Direction.IN, 80).withFrom(PEER).withName("exception");

    node.apply(Rows.network(deny, exception));
    assertThat(node.network().peerReachesNode(80)).isFalse();

    node.apply(Rows.network(exception, deny));
    assertThat(node.network().peerReachesNode(80)).isTrue();
  }

  @Test
  void denyingEverythingClosesNeitherIcmpNorNeighbours() {
    node.apply(
        Rows.network(
            FirewallRule.allow("in", Direction.IN).withAction(Action.DENY),
            FirewallRule.allow("out", Direction.OUT).withAction(Action.REJECT)));

    assertThat(node.network().peerReachesNode(80)).isFalse();
    node.network().peer().sh("ping -c 1 -W 10 192.0.2.1");
    node.network().node().sh("ip neigh flush dev eth0");
    node.network().peer().sh("ping -6 -c 1 -W 10 2001:db8::1");
  }

  @Test
  void orderAndDevicesHoldByIptablesToo() throws IOException {
    node.useIptables();
    FirewallRule deny = Rows.allow(Direction.IN, 80).withAction(Action.DENY);
    FirewallRule exception = Rows.allow(Direction.IN, 80).withFrom(PEER).withName("exception");
    node.apply(Rows.network(deny, exception));
    assertThat(node.network().peerReachesNode(80)).isFalse();
    assertThat(node.network().podReachesOutside()).isTrue();
    assertThat(node.network().peerReachesPod()).isTrue();

    node.apply(Rows.network(exception, deny));

    assertThat(node.network().peerReachesNode(80)).isTrue();
    assertThat(node.network().peerReachesNodeByTunnel(80)).isFalse();
  }

  @Test
  void aRowForADeviceHoldsForThatDeviceOnly() {
    node.apply(
        Rows.network(
            Rows.allow(Direction.IN, 80)
                .withName("by-tunnel")
                .withAction(Action.DENY)
                .withInterfaceIn("tweed.1"),
            Rows.allow(Direction.IN, 80)));

    assertThat(node.network().peerReachesNodeByTunnel(80)).isFalse();
    assertThat(node.network().peerReachesNodeByTunnel(81)).isTrue();
    assertThat(node.network().peerReachesNode(80)).isTrue();
  }
}
