package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Netns;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node with one network to other nodes, eth0, and another to the outside. */
@Tag("kernel")
class OutsideTest {

  private static final Example EXAMPLE = Example.vxlan().with(Example.peer(2));

  @AutoClose private final TestNode node = TestNode.alone();
  @AutoClose private final Netns outside = Netns.open();

  @Test
  void podsLeaveByTheDeviceOfTheDefaultRouteAndWithItsAddress() {
    // Given
    connect("up1", "198.51.100");
    connect("up2", "203.0.113");
    node.sh("ip route add default via 198.51.100.2");

    // When
    SyncReport report = node.sync(EXAMPLE);
    Netns pod = node.pod(10);
    pod.sh("ping -c 1 -W 10 198.18.0.1");

    // Then
    assertThat(report.underlay().orElseThrow().device()).isEqualTo("eth0");
    assertThat(report.outsideDevices()).containsExactly("up1");
    assertThat(seen("198.51.100.1")).isEqualTo(1);

    // When it moves
    node.sh("ip route replace default via 203.0.113.2");
    SyncReport moved = node.sync(EXAMPLE);
    pod.sh("ping -c 1 -W 10 198.18.0.1");

    // Then nothing had to be done for it but to say so
    assertThat(moved.applied()).isEmpty();
    assertThat(moved.outsideDevices()).containsExactly("up2");
    assertThat(seen("203.0.113.1")).isEqualTo(1);
  }

  /** As systemd-networkd and hardening guides do; net.ipv4.ip_forward is 1 all the same. */
  @Test
  void repliesFromTheOutsideAreForwardedWhereTheDeviceOfTheDefaultRouteDidNot() {
    // Given
    connect("up1", "198.51.100");
    node.sh("ip route add default via 198.51.100.2");
    node.sync(EXAMPLE);
    Netns pod = node.pod(10);
    node.sh("sysctl -qw net.ipv4.conf.up1.forwarding=0");

    // When
    SyncReport report = node.sync(EXAMPLE);

    // Then
    assertThat(report.applied())
        .extracting(Change::object)
        .containsExactly("net/ipv4/conf/up1/forwarding");
    pod.sh("ping -c 1 -W 10 198.18.0.1");
  }

  /** A router takes none by itself, and drops those it had. */
  @Test
  void whatRoutersAdvertisedStaysWhenForwardingGoesOn() {
    // Given
    node.sh("sysctl -qw net.ipv6.conf.all.forwarding=0 net.ipv6.conf.default.accept_ra=1");
    connect("up1", "198.51.100");
    connect("up2", "203.0.113");
    connect("up3", "192.168.9");
    node.sh("ip -6 route add default via fe80::1 dev up1 proto ra metric 1024 expires 1800");
    node.sh("ip -6 addr add 2001:db8:9::7/64 dev up2 valid_lft 1800 preferred_lft 1800");

    // When
    node.sync(EXAMPLE.dualStack());

    // Then
    assertThat(node.sh("cd /proc/sys/net/ipv6/conf; cat up1/accept_ra up2/accept_ra up3/accept_ra"))
        .isEqualTo("2\n2\n1\n");
  }

  /** Whoever uses it next finds it as it was. */
  @Test
  void aDeviceThatPodsNoLongerUseGetsBackWhatItHad() {
    // Given
    connect("up1", "198.51.100");
    connect("up2", "203.0.113");
    node.sh("ip route add default via 198.51.100.2; sysctl -qw net.ipv4.ip_forward=1");
    node.sh("sysctl -qw net.ipv4.conf.up1.forwarding=0");
    node.sync(EXAMPLE);
    assertThat(node.sh("sysctl -n net.ipv4.conf.up1.forwarding").strip()).isEqualTo("1");

    // When
    node.sh("ip route replace default via 203.0.113.2");
    SyncReport report = node.sync(EXAMPLE);

    // Then
    assertThat(node.sh("sysctl -n net.ipv4.conf.up1.forwarding").strip()).isEqualTo("0");
    assertThat(report.verified()).isTrue();
    assertThat(node.sync(EXAMPLE).applied()).isEmpty();

    // When it is used again
    node.sh("ip route replace default via 198.51.100.2");
    node.sync(EXAMPLE);

    // Then
    assertThat(node.sh("sysctl -n net.ipv4.conf.up1.forwarding").strip()).isEqualTo("1");
  }

  /** Until the last of them has changed its backend, too. */
  @Test
  void peersThatStillSendPlainlyAreHeard() {
    // Given
    node.sh("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=1");
    node.sync(EXAMPLE.with(new Backend.HostGateway()));

    // When
    node.sync(EXAMPLE);

    // Then
    assertThat(node.sh("sysctl -n net.ipv4.conf.eth0.rp_filter").strip()).isEqualTo("2");
  }

  /** A lease that is renewed takes the address away for a moment; packets still flow. */
  @Test
  void whileNobodyKnowsWhichDeviceIsUsedAllStayAsTheyAre() {
    // Given
    node.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.eth0.forwarding=0");
    node.sync(EXAMPLE);

    // When
    node.sh("ip addr del 192.0.2.1/24 dev eth0");
    node.sync(EXAMPLE);

    // Then
    assertThat(node.sh("sysctl -n net.ipv4.conf.eth0.forwarding").strip()).isEqualTo("1");
  }

  @Test
  void aNodeWithoutADefaultRouteHasNoDeviceForIt() {
    // When
    SyncReport report = node.sync(EXAMPLE.dualStack());

    // Then
    assertThat(report.outsideDevices()).isEmpty();
  }

  /** How many packets came from there. */
  private int seen(String source) {
    return Integer.parseInt(
        outside
            .sh(
                "nft list table ip seen | sed -n 's/.*saddr %s counter packets \\([0-9]*\\).*/\\1/p'"
                    .formatted(source))
            .strip());
  }

  private void connect(String device, String network) {
    node.sh(
        "ip link add %s type veth peer name %s netns %s".formatted(device, device, outside.path()));
    node.sh("ip addr add %s.1/24 dev %s; ip link set %s up".formatted(network, device, device));
    outside.sh(
        """
        ip addr add %2$s.2/24 dev %1$s; ip link set %1$s up; ip link set lo up
        ip addr replace 198.18.0.1/32 dev lo
        nft add table ip seen
        nft 'add chain ip seen in { type filter hook input priority 0; }'
        nft add rule ip seen in ip saddr %2$s.1 counter
        """
            .formatted(device, network));
  }
}
