package dev.tweed.netlink.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.testing.NetnsTest;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What passes a device in the real kernel. */
class PacketSocketTest {
  private static final int LOOPBACK = 1;
  private static final Duration PATIENCE = Duration.ofMillis(100);

  @NetnsTest
  void whatLeavesAndWhatArrivesIsSeenWithItsTimeAndItsLength() throws IOException {
    try (PacketSocket socket = PacketSocket.open(LOOPBACK, 64, PATIENCE)) {
      Instant before = Instant.now();
      send(1, 100);

      CapturedPacket left = socket.receive().orElseThrow();
      CapturedPacket arrived = socket.receive().orElseThrow();

      assertThat(left.outgoing()).isTrue();
      assertThat(arrived.outgoing()).isFalse();
      assertThat(arrived.length()).isEqualTo(14 + 20 + 8 + 100);
      assertThat(arrived.bytes().remaining()).isEqualTo(64);
      assertThat(arrived.bytes().getShort(12)).isEqualTo((short) 0x0800);
      assertThat(Instant.ofEpochSecond(0, arrived.epochNanos()))
          .isBetween(before, Instant.now().plusMillis(1));
      assertThat(socket.receive()).isEqualTo(Optional.empty());
      assertThat(socket.lost()).isZero();
    }
  }

  @NetnsTest
  void whatNobodyTakesInTimeIsCounted() throws IOException {
    try (PacketSocket socket = PacketSocket.open(LOOPBACK, 64, PATIENCE)) {
      int sent = 50_000;
      send(sent, 1);

      long lost = socket.lost();
      long seen = 0;
      while (socket.receive().isPresent()) {
        seen++;
      }

      assertThat(lost).isPositive();
      assertThat(seen + lost).isEqualTo(2L * sent);
      assertThat(socket.lost()).isZero();
    }
  }

  @NetnsTest
  void noDeviceIsAnError() {
    assertThatThrownBy(() -> PacketSocket.open(99, 64, PATIENCE))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
  }

  private static void send(int datagrams, int bytes) throws IOException {
    InetSocketAddress to = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 7000);
    // Somebody has to be there, or each is answered.
    try (DatagramSocket receiver = new DatagramSocket(to);
        DatagramSocket sender = new DatagramSocket()) {
      for (int i = 0; i < datagrams; i++) {
        sender.send(new DatagramPacket(new byte[bytes], bytes, to));
      }
    }
  }
}
