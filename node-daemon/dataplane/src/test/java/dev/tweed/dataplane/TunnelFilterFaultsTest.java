package dev.tweed.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.dataplane.kernel.StepHook;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.Errno;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.Rtnetlink;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import dev.tweed.netlink.testing.Netns;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tunnel's filter may not do to the tunnel. */
@Tag("kernel")
class TunnelFilterFaultsTest {

  private static final Example EXAMPLE = Example.vxlan().with(Example.peer(2));

  private static final int JOINS = 1_000;
  private static final int SINGLE_JOINS = 100;
  private static final byte[] VXLAN = {8, 0, 0, 0, 0, 0, 1, 0};

  @Test
  void aKernelWithoutNfTablesIsOneFindingAndTheDataPathGoesOn() {
    try (FaultyNode node = new FaultyNode()) {
      node.seams.follow(
          step ->
              step.reads() && step.text().equals("generation")
                  ? Optional.of(new Seams.Fault.Refuse(Errno.EOPNOTSUPP))
                  : Optional.empty());

      SyncReport report = node.sync(EXAMPLE);

      assertThat(report.findings())
          .extracting(Finding::reason)
          .containsExactly(Reason.TunnelFilterUnavailable);
      assertThat(report.verified()).isTrue();
      assertThat(report.peersProgrammed()).isEqualTo(1);
      assertThat(node.sync(EXAMPLE).applied()).isEmpty();
    }
  }

  @Test
  void aKernelThatDoesNotTranslateIsQuotedAndEverythingElseWorks() {
    try (FaultyNode node = new FaultyNode()) {
      node.seams.follow(
          step ->
              step.text().contains("Masquerade")
                  ? Optional.of(new Seams.Fault.Refuse(Errno.ENOENT))
                  : Optional.empty());

      SyncReport report = node.sync(EXAMPLE);

      assertThat(report.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.reason()).isEqualTo(Reason.NftUnavailable);
                assertThat(finding.message()).contains("ENOENT");
              });
      assertThat(report.verified()).isFalse();
      assertThat(report.peersProgrammed()).isEqualTo(1);
    }
  }

  @Test
  void aPeerThatCannotBeLetInIsToldAndTriedAgain() {
    try (FaultyNode node = new FaultyNode()) {
      node.sync(EXAMPLE);
      Example more = EXAMPLE.with(Example.peer(2), Example.peer(3));
      node.seams.follow(
          step ->
              step.text().contains("AddElements")
                  ? Optional.of(new Seams.Fault.Refuse(Errno.ENOMEM))
                  : Optional.empty());

      SyncReport report = node.sync(more);

      assertThat(report.findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.reason()).isEqualTo(Reason.TunnelFilterUnavailable);
                assertThat(finding.message()).contains("192.0.2.3", "ENOMEM");
              });
      assertThat(report.peersProgrammed()).isEqualTo(1);
      assertThat(node.netns.sh("ip route show proto 116")).contains("10.244.3.0/24");

      node.seams.follow(Seams.Script.NONE);
      SyncReport next = node.sync(more);
      assertThat(next.findings()).isEmpty();
      assertThat(next.peersProgrammed()).isEqualTo(2);
    }
  }

  /** Each peer sends in the moment at which the kernel is told of it. */
  @Test
  void ofAThousandNodesThatJoinNoFirstPacketIsLost(@TempDir Path run) throws Exception {
    List<Peer> peers =
        IntStream.range(0, JOINS)
            .mapToObj(
                i ->
                    new Peer(
                        "j" + i,
                        new IpPrefix(new Ipv4Address(0x0a00_0000 + (i << 8)), 24),
                        List.of(new Ipv4Address(0xc612_0001 + i)),
                        Example.mac(i + 2)))
            .toList();
    try (Netns node = Netns.open();
        Netns far = Netns.open()) {
      node.sh(
          "ip link add eth0 type veth peer name eth0 netns %s; ip link set eth0 up"
                  .formatted(far.path())
              + "; ip addr add 192.0.2.1/24 dev eth0; ip route add 198.18.0.0/16 dev eth0"
              + "; nft 'table inet seen { chain c { type filter hook input priority 0;"
              + " udp dport 8472 counter; }; }'");
      far.sh(
          "printf '%s\\n' 'link set eth0 up' 'addr add 192.0.2.254/24 dev eth0' "
              + peers.stream()
                  .map(peer -> "'addr add %s/32 dev eth0'".formatted(peer.nodeIps().getFirst()))
                  .collect(Collectors.joining(" "))
              + " | ip -batch -");
      Example example =
          Example.vxlan()
              .withPodCidrs("10.0.0.0/8")
              .with(
                  new OwnNode(
                      "n1",
                      List.of(IpPrefix.parse("10.255.0.0/24")),
                      List.of(Example.ip(1)),
                      Example.mac(1)));
      DataPath path =
          node.call(
              () ->
                  new DataPath(
                      DataPathOptions.defaults().withRunDir(run),
                      sendingOnEntry(RtnetlinkSocket.open(), far),
                      new NfTablesSocket(),
                      System::nanoTime,
                      StepHook.NONE));
      try (DataPathMonitor monitor = node.call(() -> path.monitor(() -> {}))) {
        int known = 0;
        while (known < JOINS) {
          known = Math.min(JOINS, known + (known < SINGLE_JOINS ? 1 : 25));
          List<Peer> now = new ArrayList<>(peers.subList(0, known));
          SyncReport report = node.call(() -> path.sync(example.with(now).snapshot()));
          assertThat(report.findings()).isEmpty();
        }

        assertThat(node.sh("nft list table inet seen")).contains("counter packets " + JOINS + " ");
        assertThat(dropped(node, path)).isZero();
        // And one that has not joined is dropped.
        send(far, IpAddress.parse("192.0.2.254"));
        assertThat(dropped(node, path)).isEqualTo(1);
      } finally {
        node.call(
            () -> {
              path.close();
              return null;
            });
      }
    }
  }

  private static long dropped(Netns node, DataPath path) {
    return node.call(path::inspect).tunnelFilter().orElseThrow().dropped();
  }

  private static Rtnetlink sendingOnEntry(Rtnetlink kernel, Netns far) {
    return (Rtnetlink)
        Proxy.newProxyInstance(
            Rtnetlink.class.getClassLoader(),
            new Class<?>[] {Rtnetlink.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("execute")) {
                for (Object request : (List<?>) arguments[0]) {
                  if (request instanceof RtRequest.FdbReplace put) {
                    send(far, put.entry().vtep().orElseThrow());
                  }
                }
              }
              try {
                return method.invoke(kernel, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  private static void send(Netns far, IpAddress from) {
    far.call(
        () -> {
          InetAddress source = InetAddress.getByAddress(from.toBytes());
          try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(source, 0))) {
            socket.send(
                new DatagramPacket(
                    VXLAN,
                    VXLAN.length,
                    new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 8472)));
          }
          return null;
        });
  }
}
