package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.netlink.testing.NetnsTest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the kernel of a host with nothing but a loopback device answers. */
class ProbeSocketTest {

  private static final long TAG = 0x0123456789abcdefL;

  @NetnsTest
  void aClosedPortAnswersFromTheAddressThatWasAsked() {
    for (String text : List.of("127.0.0.7", "::1")) {
      IpAddress address = IpAddress.parse(text);
      try (ProbeSocket socket = ProbeSocket.open("lo", address);
          ProbePoll poll = ProbePoll.open()) {
        // When a datagram is sent to a port where nobody listens
        assertThat(socket.send(address, 7416, TAG, 100)).isZero();
        poll.await(List.of(socket), Duration.ofSeconds(5));

        // Then its bounce tells who refused it, and which one it was
        ProbeSocket.Bounce bounce = socket.receive().orElseThrow();
        assertThat(bounce.destination()).isEqualTo(address);
        assertThat(bounce.offender()).isEqualTo(Optional.of(address));
        assertThat(bounce.origin()).isEqualTo(ProbeSocket.Origin.ICMP);
        assertThat(bounce.errno()).isEqualTo(111); // ECONNREFUSED
        assertThat(bounce.tag()).isEqualTo(OptionalLong.of(TAG));
        assertThat(socket.receive()).isEmpty();

        // And the next one can be sent, and nothing keeps poll(2) from waiting
        assertThat(socket.send(address, 7416, TAG, 8)).isZero();
        assertThat(socket.send(address, 7416, TAG + 1, 8)).isZero();
        assertThat(socket.receive().orElseThrow().tag()).isEqualTo(OptionalLong.of(TAG));
        assertThat(socket.receive().orElseThrow().tag()).isEqualTo(OptionalLong.of(TAG + 1));
        assertThat(socket.receive()).isEmpty();
        long begin = System.nanoTime();
        poll.await(List.of(socket), Duration.ofMillis(30));
        assertThat(System.nanoTime() - begin).isGreaterThan(25_000_000L);
      }
    }
  }

  @NetnsTest
  void whatExceedsTheDevicesMtuIsNotCutUp(Netns netns) {
    netns.sh("ip link set lo mtu 1400");
    for (String text : List.of("127.0.0.1", "::1")) {
      IpAddress address = IpAddress.parse(text);
      try (ProbeSocket socket = ProbeSocket.open("lo", address)) {
        assertThat(socket.send(address, 7416, TAG, 1401)).isEqualTo(Errno.EMSGSIZE);
        assertThat(socket.receive().orElseThrow().origin()).isEqualTo(ProbeSocket.Origin.LOCAL);
      }
    }
  }

  @NetnsTest
  void itEndsWithItsDevice(Netns netns) {
    netns.sh(
        "ip link add gone type veth peer name far && ip link set gone up && ip link set far up"
            + " && ip addr add 192.0.2.1/24 dev gone");
    IpAddress address = IpAddress.parse("192.0.2.1");
    try (ProbeSocket socket = ProbeSocket.open("gone", address)) {
      assertThat(socket.send(IpAddress.parse("192.0.2.2"), 7416, TAG, 8)).isZero();

      netns.sh("ip link del gone");

      assertThat(socket.send(IpAddress.parse("192.0.2.2"), 7416, TAG, 8)).isNotZero();
    }
    assertThatThrownBy(() -> ProbeSocket.open("gone", address))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
  }

  @NetnsTest
  void datagramsToItDoNotQueue() {
    IpAddress address = IpAddress.parse("127.0.0.1");
    try (ProbeSocket first = ProbeSocket.open("lo", address);
        ProbeSocket second = ProbeSocket.open("lo", address)) {
      // When more is sent to its port than its queue would hold
      int port = first.port();
      for (int i = 0; i < 2_000; i++) {
        second.send(address, port, TAG, 8);
      }

      // Then there still is room for an answer
      assertThat(first.send(address, 7416, TAG, 8)).isZero();
      assertThat(first.receive()).isPresent();
    }
  }
}
