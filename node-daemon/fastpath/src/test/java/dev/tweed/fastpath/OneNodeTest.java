package dev.tweed.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.fastpath.FastPathCounters.Counter;
import dev.tweed.fastpath.TwoNodes.Carrier;
import dev.tweed.fastpath.capture.CapturedPacketText;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.socket.LibC;
import dev.tweed.netlink.socket.PacketSocket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two pods on the bridge of one node, whose packets netfilter sees there. */
@Tag("kernel")
class OneNodeTest {
  private static final int PORT = 7000;
  private static final long MIB = 1 << 20;

  private TwoNodes nodes;
  private TwoNodes.Node node;
  private TwoNodes.Pod client;
  private TwoNodes.Pod server;

  @BeforeEach
  void make() {
    nodes = TwoNodes.make();
    node = nodes.one;
    client = node.pods.get(10);
    server = node.addPod(11);
  }

  @AfterEach
  void remove() {
    nodes.close();
  }

  private void open() {
    node.open(Carrier.PROGRAM, nodes.two);
  }

  private void apply() {
    node.apply(Carrier.PROGRAM, nodes.two);
  }

  private long switched() {
    return node.counters().of(Counter.SWITCHED);
  }

  private static Runnable rest() {
    return () -> LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
  }

  private void exchange(int times) {
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < times; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void afterOnePacketThroughNetfilterDatagramsGoFast(boolean ipv6) {
    open();
    try (DatagramSocket from = Traffic.udp(client, PORT, ipv6);
        DatagramSocket to = Traffic.udp(server, PORT, ipv6)) {
      for (int i = 0; i < 11; i++) {
        Traffic.ping(from, to, server.address(ipv6), PORT);
      }
    }
    FastPathCounters counted = node.counters();
    assertThat(counted.of(Counter.SWITCHED)).as(counted.toString()).isEqualTo(20);
    assertThat(counted.of(Counter.SWITCHED_UNPROVEN)).isEqualTo(2);
    assertThat(counted.sent() + counted.received()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStreamOutlivesEveryWayBackToTheBridge(boolean ipv6) {
    open();
    int[] round = {0};
    try (Traffic.Echo echo =
        Traffic.Echo.connect(client, server, server.address(ipv6), PORT, ipv6)) {
      do {
        echo.exchange(
            32 * MIB,
            () -> {
              try {
                if (round[0]++ % 2 == 0) {
                  node.fastPath.orElseThrow().requireNewProof();
                } else {
                  node.fastPath.orElseThrow().close();
                  rest().run();
                  open();
                }
              } catch (BpfException e) {
                throw new IllegalStateException(e);
              }
              rest().run();
            });
      } while (round[0] < 6);
      long before = switched();
      echo.exchange(4 * MIB, rest());
      assertThat(switched()).isGreaterThan(before + 20);
    }
    assertThat(node.invalid()).isZero();
  }

  @Test
  void nothingIsLostWhenItEnds() {
    open();
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      int lost =
          Traffic.lost(
              from,
              to,
              server.ipv4(),
              PORT,
              2000,
              () -> {
                node.fastPath.orElseThrow().close();
                rest().run();
                open();
              });
      assertThat(lost).isZero();
    }
  }

  @Test
  void aPolicyHoldsAndOneThatChangesHoldsFromTheNextPacketOn() throws BpfException {
    String rule = "ip daddr " + server.ipv4() + " udp dport " + PORT + " drop";
    node.policy(rule);
    open();
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      // Given a policy: what it drops never gets fast
      for (int i = 0; i < 20; i++) {
        Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      }
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(node.counters().of(Counter.SWITCHED_UNPROVEN)).isEqualTo(20);
      assertThat(switched()).isZero();

      // When it goes, then datagrams go fast
      node.flushPolicy();
      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
      assertThat(switched()).isPositive();

      // And when it comes back, then from the next packet on none arrives
      node.policy(rule);
      node.fastPath.orElseThrow().requireNewProof();
      Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      assertThat(Traffic.hears(to, 300)).isFalse();
    }
  }

  @Test
  void anIsolatedPortStaysIsolated() {
    node.netns.sh("bridge link set dev veth10 isolated on; bridge link set dev veth11 isolated on");
    open();
    client.netns.sh(
        "ip neigh replace %s lladdr %s dev eth0".formatted(server.ipv4(), server.mac()));
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      }
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(switched()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bridge link set dev veth10 isolated on; bridge link set dev veth11 isolated on",
        "bridge link set dev veth11 state 0",
        "ip link set veth11 nomaster",
        "nft add table bridge b; nft add chain bridge b f { type filter hook forward priority 0 \\; policy drop \\; }"
      })
  void whatTheBridgeRefusesUntoldHoldsAfterTheRenewal(String change) {
    node.open(Carrier.PROGRAM, Duration.ofMillis(300), nodes.two);
    exchange(5);
    assertThat(switched()).isPositive();
    node.netns.sh(change);
    LockSupport.parkNanos(Duration.ofMillis(400).toNanos());
    client.netns.sh(
        "ip neigh replace %s lladdr %s dev eth0".formatted(server.ipv4(), server.mac()));
    long before = switched();
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      }
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(switched()).isEqualTo(before);
    }
  }

  @Test
  void aServiceWorksAlsoForThePodBehindIt() {
    node.netns.exec(
        "nft",
        "add chain inet filter service { type nat hook prerouting priority dstnat; };"
            + "add rule inet filter service ip daddr 10.96.0.1 dnat ip to "
            + server.ipv4()
            + ";add rule inet filter service ip daddr 10.96.0.2 dnat ip to "
            + client.ipv4()
            + ";add rule inet filter outside ip saddr "
            + client.ipv4()
            + " ip daddr "
            + client.ipv4()
            + " masquerade");
    node.netns.sh("bridge link set dev veth10 hairpin on");
    open();

    // Given a Service of another pod of the node, all of it is translated, so all of it is slow
    try (Traffic.Echo echo = Traffic.Echo.connect(client, server, "10.96.0.1", PORT, false)) {
      echo.exchange(4 * MIB, rest());
    }
    assertThat(switched()).isZero();

    // And the same of its own
    try (Traffic.Echo echo = Traffic.Echo.connect(client, client, "10.96.0.2", PORT, false)) {
      echo.exchange(MIB, rest());
    }
    assertThat(switched()).isZero();

    // And one socket may ask both
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      for (int i = 0; i < 5; i++) {
        Traffic.ping(from, to, "10.96.0.1", PORT);
        Traffic.ping(from, to, server.ipv4(), PORT);
      }
    }
  }

  @ParameterizedTest(name = "the one that sends: {0}")
  @ValueSource(booleans = {false, true})
  void anAddressUsedAnewProvesAnew(boolean sender) {
    open();
    exchange(3);
    int host = sender ? 10 : 11;
    node.removePod(host);
    apply();
    TwoNodes.Pod next = node.addPod(host);
    node.policy("ip daddr " + server.ipv4() + " udp dport " + PORT + " drop");
    apply();
    long before = switched();
    client = node.pods.get(10);
    server = node.pods.get(11);
    assertThat(next).isIn(client, server);
    try (DatagramSocket from = Traffic.udp(client, PORT, false);
        DatagramSocket to = Traffic.udp(server, PORT, false)) {
      Traffic.send(from, server.ipv4(), PORT, new byte[8]);
      assertThat(Traffic.hears(to, 300)).isFalse();
      assertThat(switched()).isEqualTo(before);
    }
    node.flushPolicy();
    exchange(3);
    assertThat(switched()).isEqualTo(before + 4);
  }

  @Test
  void aPodThatIsGoneOrLimitedIsTheBridges() {
    open();
    exchange(3);
    node.pods.remove(11);
    apply();
    node.pods.put(11, server);
    long before = switched();
    exchange(3);
    assertThat(switched()).as("only one end is known").isEqualTo(before);
  }

  @Test
  void aPodSpeaksAsItselfAndToWhomTheFrameIsFor() {
    TwoNodes.Pod liar = node.addPod(12);
    open();
    exchange(3);
    long before = switched();
    try (DatagramSocket to = Traffic.udp(server, PORT, false)) {
      // Another's address
      liar.netns.sh("ip addr add " + client.ipv4() + "/32 dev eth0");
      try (DatagramSocket lie =
          liar.netns.call(
              () ->
                  new DatagramSocket(
                      new InetSocketAddress(InetAddress.getByName(client.ipv4()), PORT)))) {
        Traffic.send(lie, server.ipv4(), PORT, new byte[8]);
        Traffic.hears(to, 200);
      }
      assertThat(switched()).isEqualTo(before);

      // A hardware address that is not its own, and a frame for somebody else
      for (String change :
          new String[] {
            "ip link set eth0 address 02:00:00:00:0d:01",
            "ip neigh replace %s lladdr %s dev eth0".formatted(server.ipv4(), liar.mac())
          }) {
        client.netns.sh(change);
        try (DatagramSocket from = Traffic.udp(client, PORT, false)) {
          for (int i = 0; i < 3; i++) {
            Traffic.send(from, server.ipv4(), PORT, new byte[8]);
          }
        }
        Traffic.hears(to, 200);
        assertThat(switched()).as(change).isEqualTo(before);
      }
    }
  }

  @Test
  void whoListensOnTheVethSeesEveryPacketOnceTheProgramsAreTold() {
    open();
    exchange(2);
    assertThat(heard()).isZero();

    server.tapped = true;
    apply();
    long before = switched();
    assertThat(heard()).isEqualTo(10);
    assertThat(switched()).isGreaterThan(before + 15);
  }

  /** Of ten questions, those that the server's veth shows going to the server. */
  private long heard() {
    return node.netns.call(
        () -> {
          int veth = LibC.get().if_nametoindex(server.veth);
          try (PacketSocket listener = PacketSocket.open(veth, 128, Duration.ofMillis(100))) {
            exchange(10);
            long seen = 0;
            for (Optional<CapturedPacket> next = listener.receive();
                next.isPresent();
                next = listener.receive()) {
              if (next.get().outgoing() && CapturedPacketText.of(next.get()).contains(" UDP ")) {
                seen++;
              }
            }
            return seen;
          }
        });
  }

  @Test
  void packetsDoNotAgeOnABridge() {
    server.netns.exec(
        "nft",
        "add table inet t; add counter inet t fresh; "
            + "add chain inet t c { type filter hook input priority 0; }; "
            + "add rule inet t c ip ttl 64 meta l4proto udp counter name fresh");
    open();
    exchange(5);
    assertThat(switched()).isEqualTo(8);
    assertThat(server.netns.exec("nft", "list counter inet t fresh")).contains("packets 5 ");
  }
}
