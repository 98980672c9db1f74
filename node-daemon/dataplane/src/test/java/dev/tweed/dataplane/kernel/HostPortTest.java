package dev.tweed.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.Change;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.HostPort;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.testing.Netns;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ports of a node lead to its pods where the rules of the CNI plugin portmap have gone. */
@Tag("kernel")
class HostPortTest {

  private static final int MILLIS = 5_000;
  private static final ClusterSnapshot SNAPSHOT =
      Example.vxlan()
          .with(Example.peer(2))
          .snapshot()
          .with(
              List.of(
                  new HostPort(
                      IpAddress.parse("10.244.1.10"),
                      8080,
                      HostPort.Protocol.TCP,
                      80,
                      Optional.empty())));

  private List<TestNode> nodes;
  private TestNode node;

  @BeforeEach
  void setUp() {
    nodes = TestNode.pair();
    node = nodes.getFirst();
    node.sync(SNAPSHOT);
  }

  @AfterEach
  void tearDown() {
    nodes.forEach(TestNode::close);
  }

  @Test
  void othersThePodItselfAndTheNodeReachIt() throws Exception {
    Netns pod = node.pod(10);
    Netns neighbour = node.pod(11);
    // As the CNI configuration has it: what the bridge sends back to the pod is bridged.
    node.sh("ip link set lo up; bridge link set dev veth10 hairpin on");
    try (ServerSocket server = pod.call(() -> new ServerSocket(8080, 50))) {
      assertThat(connects(nodes.getLast().netns)).isTrue();
      assertThat(connects(neighbour)).isTrue();
      assertThat(connects(pod)).isTrue();
      assertThat(connects(node.netns)).isTrue();
      assertThat(server.isBound()).isTrue();
    }
  }

  @Test
  void aServiceOfTheSameNumbersShowsThePodItsClient() throws Exception {
    Netns pod = node.pod(10);
    Netns neighbour = node.pod(11);
    // As kube-proxy has it.
    node.sh(
        """
        nft add table ip services
        nft 'add chain ip services pre { type nat hook prerouting priority dstnat; }'
        nft add rule ip services pre ip daddr 10.96.0.9 tcp dport 80 dnat to 10.244.1.10:8080
        """);
    try (ServerSocket server = pod.call(() -> new ServerSocket(8080, 50))) {
      assertThat(connects(neighbour, "10.96.0.9")).isTrue();

      try (Socket client = server.accept()) {
        assertThat(client.getInetAddress().getHostAddress()).isEqualTo("10.244.1.11");
      }
    }
  }

  @Test
  void theyComeBackAfterAFlushAndGoWithThePod() {
    node.sh("nft flush ruleset");

    SyncReport repaired = node.sync(SNAPSHOT);
    SyncReport without = node.sync(SNAPSHOT.with(List.of()));

    assertThat(repaired.verified()).isTrue();
    assertThat(repaired.applied()).filteredOn(Change::drift).isNotEmpty();
    assertThat(without.applied()).extracting(Change::kind).containsExactly(Change.Kind.NFT);
    assertThat(node.sh("nft list ruleset")).doesNotContain("hostports", "dnat");
  }

  private static boolean connects(Netns from) {
    return connects(from, "192.0.2.1");
  }

  private static boolean connects(Netns from, String address) {
    return from.call(
        () -> {
          try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), 80), MILLIS);
            return socket.isConnected();
          }
        });
  }
}
