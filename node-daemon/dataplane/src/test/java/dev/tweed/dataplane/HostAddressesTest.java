package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.HostAddresses.HostAddress;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;

class HostAddressesTest {

  @NetnsTest
  void addressesAndWaysAreThoseOfTheHost(Netns host) {
    host.sh(
        """
        ip link add eth0 type veth peer name other; ip link set eth0 up; ip link set other up
        ip link add eth1 type veth peer name unplugged; ip link set eth1 up
        ip addr add 198.51.100.1/24 dev eth1
        ip link add br0 type bridge
        ip addr add 192.0.2.1/24 dev eth0 valid_lft 1000 preferred_lft 1000
        ip addr add 2001:db8::1/128 dev eth0 nodad valid_lft 1000 preferred_lft 1000
        ip addr add 2001:db8::2/64 dev eth0 nodad valid_lft 1000 preferred_lft 1000
        ip addr add 172.17.0.1/16 dev br0
        ip route add default via 192.0.2.254
        """);

    try (HostAddresses addresses = host.call(HostAddresses::open)) {
      assertThat(addresses.all())
          .containsExactlyInAnyOrder(
              new HostAddress("eth0", IpAddress.parse("192.0.2.1"), false, true),
              new HostAddress("eth0", IpAddress.parse("2001:db8::1"), false, true),
              new HostAddress("eth0", IpAddress.parse("2001:db8::2"), false, false),
              new HostAddress("eth1", IpAddress.parse("198.51.100.1"), true, false),
              new HostAddress("br0", IpAddress.parse("172.17.0.1"), true, false));
      assertThat(addresses.wayTo(IpAddress.parse("203.0.113.5")))
          .contains(new HostAddress("eth0", IpAddress.parse("192.0.2.1"), false, false));
      assertThat(addresses.wayTo(IpAddress.parse("2001:db9::1"))).isEmpty();
    }
  }
}
