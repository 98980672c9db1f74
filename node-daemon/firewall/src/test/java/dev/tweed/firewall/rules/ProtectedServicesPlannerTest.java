package dev.tweed.firewall.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtectedServicesPlannerTest {

  private static final String HEAD =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  private static final String ROUTES =
      "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
          + "tweed.1\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
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
                "SSH",
                Direction.IN,
                Protocol.TCP,
                22,
                Set.of(AddressFamily.IPV4),
                Set.of("eth0"),
                List.of(
                    new ProtectedService.End(
                        IpAddress.parse("192.0.2.7"),
                        Optional.of(IpAddress.parse("192.0.2.1")),
                        Optional.of("eth0")))));
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
        .satisfies(
            kubelet ->
                assertThat(kubelet.ends())
                    .extracting(end -> end.peer().toString())
                    .containsExactly("192.0.2.7", "2001:db8::7"))
        .satisfies(kubelet -> assertThat(kubelet.families()).hasSize(2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // what sshd is told                                        | who listens | what is
        // protected
        "''                                                         | 22          | 22",
        "Port 2222 # outside                                        | 22 2222     | 2222",
        "'  pOrT=2222'                                              | 22 2222     | 2222",
        "'#Port 22/Port 2222/Port 2223'                             | 2222 2223   | 2222 2223",
        "Port 2222                                                  | 22          | 22",
        "Port 2222/ListenAddress [2001:db8::1]:2223                 | 2222 2223   | 2222 2223",
        "ListenAddress 192.0.2.1                                    | 22 80       | 22",
        "ListenAddress 192.0.2.1:2222                               | 22 2222     | 22 2222",
        "ListenAddress node.example:2222                            | 2222        | 2222",
        "ListenAddress 2001:470::1                                  | 22 470      | 22",
        "ListenAddress 2001:470:80::                                | 22 470 80   | 22",
        "'[Socket]/ListenStream=/ListenStream=2222'                 | 2222        | 2222",
        "'Port 2222/[Socket]/ListenStream=0.0.0.0:2223'             | 22 2223     | 2223",
        "'Port 2222/[Socket]/ListenStream=[::]:2223'                | 2222 2223   | 2222 2223",
        "'[Socket]/ListenStream=/run/sshd.1'                        | 22          | 22",
        "'SSHD_OPTS=\"-u0 -p 2222\"'                                | 2222        | 2222",
        "'#SSHD_OPTS=-p 2222'                                       | 22 2222     | 22",
        "Port 99999                                                 | 22          | 22",
        "Port 2222                                                  | 80          | -"
      })
  void sshIsProtectedWhereItIsToldToListenAndDoes(String told, String served, String expected) {
    String sockets =
        Stream.of(served.split(" "))
            .map(port -> listens("00000000", port))
            .reduce(HEAD, (a, b) -> a + b);

    assertThat(
            plan(sockets, told.replace('/', '\n')).stream()
                .filter(service -> service.name().equals("SSH"))
                .map(service -> Integer.toString(service.port())))
        .containsExactly(expected == null ? new String[0] : expected.split(" "));
  }

  @Test
  void aServiceForThisMachineOnlyIsNotProtected() {
    assertThat(plan(HEAD + listens("0100007F", "22"), ""))
        .noneMatch(service -> service.name().equals("SSH"));
  }

  @Test
  void theFamiliesAreThoseItListensIn() {
    String any6 = "00000000000000000000000000000000";
    String one6 = "B80D0120000000000000000001000000";
    String mapped = "0000000000000000FFFF0000010200C0";

    assertThat(families(listens("00000000", "22"))).containsExactly(AddressFamily.IPV4);
    assertThat(families(listens(any6, "22"))).hasSize(2);
    assertThat(families(listens(one6, "22"))).containsExactly(AddressFamily.IPV6);
    assertThat(families(listens(mapped, "22"))).containsExactly(AddressFamily.IPV4);
    assertThat(families(listens("00000000", "22") + listens(one6, "22"))).hasSize(2);
  }

  @Test
  void theApiServerAndTheKubeletAreProtectedWhereTheirFilesSayToo() {
    String sockets =
        HEAD
            + Stream.of("8443", "10251", "10250", "1")
                .map(port -> listens("00000000", port))
                .reduce("", String::concat);
    String manifest =
        "spec:\n  containers:\n  - command:\n    - --secure-port=8443\n    - --etcd-port=1\n";
    String kubelet = "healthzPort: 1\nport: 10251\nreadOnlyPort: 1\n";

    assertThat(
            servedAt(
                sight(
                    sockets,
                    "",
                    List.of(manifest, kubelet),
                    OptionalInt.empty(),
                    "198.51.100.1",
                    6443)))
        .containsExactly("API server 8443", "kubelet 10250", "kubelet 10251");
  }

  @Test
  void theKubeletIsProtectedWhereItsNodeSaysWithoutAnyFile() {
    String sockets = HEAD + listens("00000000", "10350") + listens("00000000", "10351");

    assertThat(servedAt(sight(sockets, "", List.of(), OptionalInt.of(10350), "192.0.2.1", 443)))
        .containsExactly("kubelet 10350");
  }

  @Test
  void theApiServerIsProtectedWhereTheDaemonReachesItOnThisNode() {
    String sockets =
        HEAD
            + listens("00000000", "8443")
            + listens("00000000", "443")
            // From 192.0.2.1 to itself, and to another's port of that number.
            + ("   1: 010200C0:D431 010200C0:20FB 01" + TAIL)
            + ("   2: 010200C0:D432 010200C0:01BB 01" + TAIL)
            + ("   3: 010200C0:D433 016433C6:01BB 01" + TAIL);

    assertThat(servedAt(sight(sockets, "", List.of(), OptionalInt.empty(), "192.0.2.1", 8443)))
        .containsExactly("API server 8443");
    // An API server elsewhere says nothing of what listens here.
    assertThat(servedAt(sight(sockets, "", List.of(), OptionalInt.empty(), "198.51.100.1", 443)))
        .isEmpty();
  }

  @Test
  void theDaemonsOwnConnectionTellsItsAddressAndDevice() {
    String sockets = HEAD + "   1: 010200C0:D431 016433C6:192B 01" + TAIL;

    assertThat(plan(sockets, "").getLast().ends())
        .containsExactly(
            new ProtectedService.End(
                IpAddress.parse("198.51.100.1"),
                Optional.of(IpAddress.parse("192.0.2.1")),
                Optional.of("eth0")));
    assertThat(plan(HEAD, "").getLast().ends())
        .containsExactly(
            new ProtectedService.End(
                IpAddress.parse("198.51.100.1"), Optional.empty(), Optional.of("eth0")));
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

  private static String listens(String address, String port) {
    return "   0: %s:%04X %s:0000 0A"
            .formatted(address, Integer.parseInt(port), "0".repeat(address.length()))
        + TAIL;
  }

  /** What the node serves, and where. */
  private static List<String> servedAt(ProtectedServicesPlanner.Sight sight) {
    return ProtectedServicesPlanner.plan(sight).stream()
        .filter(service -> service.direction() == Direction.IN)
        .filter(service -> service.protocol() == Protocol.TCP)
        .map(service -> service.name() + " " + service.port())
        .toList();
  }

  private static Set<AddressFamily> families(String sockets) {
    return plan(HEAD + sockets, "").getFirst().families();
  }

  private static List<ProtectedService> plan(String sockets, String sshd) {
    return ProtectedServicesPlanner.plan(
        sight(sockets, sshd, List.of(), OptionalInt.empty(), "198.51.100.1", 6443));
  }

  private static ProtectedServicesPlanner.Sight sight(
      String sockets,
      String sshd,
      List<String> kubernetes,
      OptionalInt kubeletPort,
      String apiServer,
      int apiServerPort) {
    return new ProtectedServicesPlanner.Sight(
        List.of(sockets),
        List.of(sshd),
        kubernetes,
        kubeletPort,
        List.of(ROUTES),
        Set.of("tweed.1"),
        OptionalInt.of(8472),
        List.of(IpAddress.parse(apiServer)),
        apiServerPort);
  }
}
