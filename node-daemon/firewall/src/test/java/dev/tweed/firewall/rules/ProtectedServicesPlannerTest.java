package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.netlink.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ProtectedServicesPlannerTest {

  private static final String HEAD =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  private static final String TAIL = " 00000000:00000000 00:00000000 00000000     0        0 1 1\n";

  @Test
  void sshIsProtectedWhereItListensWithWhoIsConnected() {
    String sockets =
        HEAD
            + "   0: 00000000:0016 00000000:0000 0A"
            + TAIL
            + "   1: 010200C0:0016 070200C0:D431 01"
            + TAIL
            + "   2: 010200C0:0016 080200C0:D431 06" // TIME_WAIT
            + TAIL;

    assertThat(plan(sockets, "").stream().filter(s -> s.name().equals("SSH")))
        .containsExactly(
            new ProtectedService(
                "SSH", Direction.IN, Protocol.TCP, 22, List.of(IpAddress.parse("192.0.2.7"))));
  }

  @Test
  void anIpv4PeerOfAnIpv6SocketIsIpv4() {
    String sockets =
        HEAD
            + "   0: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A"
            + TAIL
            + "   1: 0000000000000000FFFF0000010200C0:280A 0000000000000000FFFF0000070200C0:D431 01"
            + TAIL
            + "   2: B80D0120000000000000000001000000:280A B80D0120000000000000000007000000:D431 01"
            + TAIL;

    assertThat(plan(sockets, "").stream().filter(s -> s.name().equals("kubelet")))
        .singleElement()
        .extracting(ProtectedService::peers)
        .isEqualTo(List.of(IpAddress.parse("192.0.2.7"), IpAddress.parse("2001:db8::7")));
  }

  @Test
  void portsOfSshdComeFromItsConfiguration() {
    String sockets =
        HEAD
            + "   0: 00000000:0016 00000000:0000 0A"
            + TAIL
            + "   0: 00000000:08AE 00000000:0000 0A"
            + TAIL
            + "   0: 00000000:08AF 00000000:0000 0A"
            + TAIL;
    String sshd = "#Port 22\nPort 2222 # outside\nListenAddress [2001:db8::1]:2223\n";

    assertThat(plan(sockets, sshd).stream().filter(s -> s.name().equals("SSH")))
        .extracting(ProtectedService::port)
        .containsExactly(2222, 2223);
  }

  @Test
  void whatNobodyServesIsNotProtected() {
    assertThat(plan(HEAD, ""))
        .extracting(ProtectedService::name)
        .containsExactly("tunnel", "tunnel", "way to the API server");
  }

  @Test
  void theListingOfThisMachineIsUnderstood() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String listing =
          Files.readString(Path.of("/proc/thread-self/net/tcp"))
              + Files.readString(Path.of("/proc/thread-self/net/tcp6"));

      assertThat(TcpSocket.parse(listing, ByteOrder.nativeOrder()))
          .anyMatch(s -> s.listening() && s.localPort() == server.getLocalPort());
    }
  }

  private static List<ProtectedService> plan(String sockets, String sshd) {
    return ProtectedServicesPlanner.plan(
        new ProtectedServicesPlanner.Sight(
            List.of(sockets),
            List.of(sshd),
            OptionalInt.of(8472),
            List.of(IpAddress.parse("198.51.100.1")),
            6443));
  }
}
