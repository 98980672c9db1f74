package dev.tweed.agent.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.crds.NodeReportStatus.FastPath;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.Underlay;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.LibBpf;
import dev.tweed.fastpath.kernel.TcxLink;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.CapturedPacket;
import dev.tweed.netlink.socket.LibC;
import dev.tweed.netlink.socket.PacketSocket;
import dev.tweed.netlink.testing.Needs;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two nodes with the data path itself, a pod on each, and the fast path by what that reports. */
@Tag("kernel")
class FastPathSyncTest {
  private static final int PORT = 7000;
  private static final String LIBERAL = "net.netfilter.nf_conntrack_tcp_be_liberal";
  private static final Set<Program> OF_A_TUNNEL = EnumSet.allOf(Program.class);

  @TempDir private Path directory;
  private FastNodes nodes;
  private DatagramSocket client;
  private DatagramSocket server;

  @BeforeEach
  void make() throws IOException {
    if (!Files.exists(Path.of("/sys/kernel/btf/vmlinux"))) {
      throw Needs.unmet("a kernel with BTF");
    }
    make(new Backend.Vxlan(1, 8472, false));
  }

  private void make(Backend backend) throws IOException {
    nodes = FastNodes.make(Files.createTempDirectory(directory, "nodes"), backend, true);
    client = socket(nodes.one);
    server = socket(nodes.two);
  }

  @AfterEach
  void remove() {
    client.close();
    server.close();
    nodes.close();
  }

  private static DatagramSocket socket(FastNodes.Node node) {
    return node.pod.call(
        () ->
            new DatagramSocket(
                new InetSocketAddress(InetAddress.getByName(node.podAddress()), PORT)));
  }

  @Test
  void flowsGoFastByWhatTheDataPathReports() throws IOException {
    assertThat(nodes.one.host.exec("sysctl", "-n", LIBERAL)).startsWith("0");

    nodes.run();

    ask(11);

    for (FastNodes.Node node : nodes.both()) {
      assertThat(node.told).containsExactly(Optional.of(new FastPath("On", null, null)));
      Map<String, Long> packets = node.fastPath.packets();
      assertThat(sent(packets)).as(packets.toString()).isEqualTo(10);
      assertThat(received(packets)).as(packets.toString()).isEqualTo(10);
      // The neighbour may be unknown to the first; then the tunnel device takes it.
      assertThat(packets.get("sent_wire")).as(packets.toString()).isGreaterThanOrEqualTo(9);
    }
    assertThat(nodes.one.host.exec("sysctl", "-n", LIBERAL)).startsWith("1");
  }

  @Test
  void aChangeOfPolicyHoldsFromTheNextPacketOnceItIsTold() throws IOException {
    nodes.run();
    ask(3);
    nodes.two.host.exec(
        "nft",
        "add table inet filter; add chain inet filter forward { type filter hook forward priority 0;"
            + " policy drop; }");
    long before = received(nodes.two.fastPath.packets());
    send();
    assertThat(hears()).as("nobody has told, and the proof is young").isTrue();
    assertThat(received(nodes.two.fastPath.packets())).isEqualTo(before + 1);

    nodes.two.fastPath.requireNewProof();

    send();
    assertThat(hears()).isFalse();
    assertThat(received(nodes.two.fastPath.packets())).isEqualTo(before + 1);
    nodes.two.host.exec("nft", "delete table inet filter");
    ask(2);
  }

  /** By a host that lets servers answer, and no more. */
  @Test
  void whatConnectionTrackingSoonForgetsItIsRemindedOf() throws IOException {
    nodes.run();
    nodes.two.host.sh(
        """
        sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1
        sysctl -qw net.netfilter.nf_conntrack_udp_timeout_stream=1
        nft add table inet filter
        nft 'add chain inet filter forward { type filter hook forward priority 0; policy drop; }'
        nft add rule inet filter forward ct state established accept
        nft add rule inet filter forward ip saddr 10.244.1.2 accept
        """);
    nodes.two.run();

    long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
    while (System.nanoTime() < end) {
      ask(1);
    }

    // When the next answer has to pass netfilter, then that still knows the question
    send();
    assertThat(hears()).isTrue();
    nodes.two.fastPath.requireNewProof();
    server.send(new DatagramPacket(new byte[8], 8, address(nodes.one)));
    client.setSoTimeout(1000);
    client.receive(new DatagramPacket(new byte[64], 64));
    assertThat(received(nodes.two.fastPath.packets())).isPositive();
  }

  @Test
  void packetsFlowWhenTheDaemonStops() throws IOException {
    nodes.run();
    ask(3);

    nodes.two.fastPath.close();
    ask(5);
    nodes.one.fastPath.close();
    ask(5);

    assertThat(nodes.one.fastPath.packets()).isEmpty();
    for (FastNodes.Node node : nodes.both()) {
      assertThat(node.programs()).isEmpty();
    }
  }

  @Test
  void offTakesEverythingAwayAndAutoBringsItBack() throws IOException {
    nodes.run();
    ask(3);
    assertThat(nodes.one.programs()).isEqualTo(OF_A_TUNNEL);
    assertThat(nodes.one.looks).isNotEmpty();

    nodes.one.wanted(false);
    nodes.one.looks.clear();
    nodes.one.run();
    assertThat(nodes.one.looks).as("nothing is looked at that is not there").isEmpty();

    assertThat(nodes.one.status().state()).isEqualTo("Off");
    assertThat(nodes.one.status().reason()).isEqualTo("SwitchedOff");
    assertThat(nodes.one.programs()).isEmpty();
    ask(3);

    nodes.one.wanted(true);
    nodes.one.run();
    ask(3);
    assertThat(sent(nodes.one.fastPath.packets())).isPositive();

    assertThat(nodes.one.fastPath.target(Optional.empty())).isTrue();
    nodes.one.run();
    assertThat(nodes.one.told.getLast()).isEmpty();
    assertThat(nodes.one.programs()).isEmpty();
  }

  @Test
  void whatOthersHaveOnDevicesIsNotSkipped() throws IOException {
    nodes.run();
    for (String[] each :
        new String[][] {
          {"clsact", "ForeignProgram"},
          {"ingress", "Shaped"},
          {"root tbf rate 1gbit burst 100k latency 50ms", "Shaped"}
        }) {
      nodes.one.host.sh("tc qdisc add dev pod " + each[0]);
      nodes.one.run();

      assertThat(nodes.one.status().state()).isEqualTo("On");
      assertThat(nodes.one.status().reason()).as(each[0]).isEqualTo(each[1]);
      assertThat(nodes.one.status().message()).contains("pods (" + each[1] + " 1)");
      long fast = sent(nodes.one.fastPath.packets());
      ask(3);
      assertThat(sent(nodes.one.fastPath.packets())).as(each[0]).isEqualTo(fast);
      nodes.one.host.sh("tc qdisc del dev pod " + each[0].split(" ")[0]);
    }
    for (String[] each :
        new String[][] {
          {"tweed.1", "clsact"},
          {"tweed-br0", "clsact"},
          {"tweed-br0", "root tbf rate 1gbit burst 100k latency 50ms"}
        }) {
      nodes.one.host.sh("tc qdisc add dev " + each[0] + " " + each[1]);
      nodes.one.run();

      assertThat(nodes.one.status().state()).isEqualTo("Off");
      assertThat(nodes.one.status().reason()).isEqualTo("ForeignProgramOnDevice");
      assertThat(nodes.one.status().message()).contains(each[0]);
      assertThat(nodes.one.programs()).isEmpty();
      ask(3);
      nodes.one.host.sh("tc qdisc del dev " + each[0] + " " + each[1].split(" ")[0]);
      nodes.one.run();
      assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    }
  }

  @Test
  void aNicThatIsReplacedIsFollowed() throws IOException {
    nodes.run();
    ask(3);

    nodes.one.host.sh("ip link del eth0");
    nodes.connect();
    nodes.both().forEach(FastNodes.Node::sync);
    nodes.run();

    long fast = nodes.one.fastPath.packets().get("received_wire");
    ask(5);
    assertThat(nodes.one.programs()).isEqualTo(OF_A_TUNNEL);
    assertThat(nodes.one.fastPath.packets().get("received_wire")).isGreaterThan(fast + 2);
  }

  /** As hosts of virtual machines have it. */
  @Test
  void anUnderlayThatIsABridgeIsOneLikeOthers() throws IOException {
    for (FastNodes.Node node : nodes.both()) {
      node.host.sh(
          """
          ip link add br0 type bridge
          ip link set br0 up
          ip link set eth0 master br0
          ip addr flush dev eth0
          ip addr add 192.0.2.%d/24 dev br0
          """
              .formatted(node.number));
    }
    nodes.both().forEach(FastNodes.Node::sync);
    nodes.run();

    ask(11);

    for (FastNodes.Node node : nodes.both()) {
      assertThat(node.status()).isEqualTo(new FastPath("On", null, null));
      Map<String, Long> packets = node.fastPath.packets();
      assertThat(packets.get("sent_wire")).as(packets.toString()).isGreaterThanOrEqualTo(9);
      assertThat(packets.get("received_wire")).as(packets.toString()).isGreaterThanOrEqualTo(9);
    }
  }

  /** 1 GiB with {@code -Dtweed.fastpath.bytes=1073741824}, as {@code ./dev test --long} has it. */
  @Test
  void aStreamOutlivesWhateverTheDaemonDoes() throws Exception {
    nodes.run();
    int[] round = {0};
    List<Runnable> transitions =
        List.of(
            nodes.one.fastPath::requireNewProof,
            () -> {
              nodes.one.wanted(false);
              nodes.one.run();
              nodes.one.wanted(true);
            },
            nodes.one.fastPath::close,
            () -> nodes.one.host.sh("tc qdisc add dev eth0 clsact"),
            () -> nodes.one.host.sh("tc qdisc del dev eth0 clsact"),
            () -> nodes.one.host.sh("tc qdisc add dev pod clsact"),
            () -> nodes.one.host.sh("tc qdisc del dev pod clsact"),
            () -> nodes.one.detach(Program.FROM_POD),
            () -> nodes.one.detach(Program.FROM_WIRE));
    Needs.program("/usr/sbin/bpftool", "bpftool");

    try (Exchange exchange =
        Exchange.start(nodes.one, nodes.two, Long.getLong("tweed.fastpath.bytes", 64L << 20))) {
      while (!exchange.isEnough() || round[0] < transitions.size()) {
        transitions.get(round[0]++ % transitions.size()).run();
        nodes.one.run();
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
      exchange.finish();
    }
    assertThat(sent(nodes.two.fastPath.packets())).isGreaterThan(100);
  }

  static List<Backend> routing() {
    return List.of(new Backend.Vxlan(1, 8472, true), new Backend.HostGateway());
  }

  @ParameterizedTest
  @MethodSource("routing")
  void whereAPlainRouteLeadsToAPeerItsFlowsGoFastByIt(Backend backend) throws IOException {
    remove();
    make(backend);
    nodes.run();

    ask(11);

    for (FastNodes.Node node : nodes.both()) {
      assertThat(node.told).containsExactly(Optional.of(new FastPath("On", null, null)));
      assertThat(node.programs())
          .isEqualTo(
              backend instanceof Backend.Vxlan
                  ? EnumSet.allOf(Program.class)
                  : EnumSet.complementOf(EnumSet.of(Program.FROM_TUNNEL)));
      Map<String, Long> packets = node.fastPath.packets();
      assertThat(packets.get("sent_routed")).as(packets.toString()).isEqualTo(10);
      assertThat(packets.get("received_routed")).as(packets.toString()).isEqualTo(10);
    }

    // A filter of tc on the underlay would not see what is taken before it.
    nodes.one.host.sh("tc qdisc add dev eth0 clsact");
    nodes.one.run();
    assertThat(nodes.one.status().message()).contains("nodes (NotTunnelled 1)");
    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_WIRE);
    ask(3);
    assertThat(nodes.one.fastPath.packets().get("sent_routed")).isEqualTo(10);
  }

  @Test
  void aFilterOnTheUnderlaySeesEveryPacketOfTheTunnel() throws IOException {
    nodes.one.host.sh("tc qdisc add dev eth0 clsact");
    nodes.run();

    ask(11);

    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_WIRE);
    Map<String, Long> packets = nodes.one.fastPath.packets();
    assertThat(packets.get("sent_tunnel")).as(packets.toString()).isEqualTo(10);
    assertThat(packets.get("received_tunnel")).as(packets.toString()).isEqualTo(10);
  }

  @Test
  void whatIpsecProtectsBetweenTheNodesLeavesByTheTunnelDeviceOnly() throws IOException {
    nodes.run();
    ask(3);
    nodes.one.host.sh("ip xfrm policy add proto udp dport 8472 dir out action block");
    nodes.one.run();

    send();

    assertThat(hears()).isFalse();
    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_WIRE);
    assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    nodes.one.host.sh("ip xfrm policy flush");
    ask(3);
  }

  @Test
  void whatIpsecProtectsOfPodsProvesNothingWhereAPlainRouteLeads() throws IOException {
    remove();
    make(new Backend.HostGateway());
    nodes.one.host.sh("ip xfrm policy add proto udp dport 8472 dir out action block");
    nodes.run();
    ask(3);
    assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    long fast = nodes.one.fastPath.packets().get("sent_routed");
    assertThat(fast).isPositive();

    nodes.one.host.sh(
        "ip xfrm policy add src 10.244.1.0/24 dst 10.244.2.0/24 dir out action block");
    nodes.one.fastPath.requireNewProof();

    for (int i = 0; i < 3; i++) {
      send();
    }
    assertThat(hears()).isFalse();
    assertThat(nodes.one.fastPath.packets().get("sent_routed")).isEqualTo(fast);
  }

  @Test
  void whereTheTunnelDeviceFillsInChecksumsPlainRoutesDoNotCare() throws IOException {
    remove();
    make(new Backend.Vxlan(1, 8472, true));
    nodes.one.fastPath.sumsByTunnel(true);
    nodes.run();

    ask(11);

    assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    assertThat(nodes.one.fastPath.packets().get("sent_routed")).isEqualTo(10);
  }

  @Test
  void aProgramOfSomebodyOnTheUnderlaySeesEveryPacketOfTheTunnel() throws Exception {
    nodes.run();
    ask(3);
    try (BpfObject other = nodes.one.host.call(() -> BpfObject.load(LibBpf.load()));
        TcxLink theirs =
            nodes.one.host.call(
                () -> other.attach(Program.FROM_TUNNEL, LibC.get().if_nametoindex("eth0")))) {
      assertThat(theirs).isNotNull();
      nodes.one.run();
      Map<String, Long> before = nodes.one.fastPath.packets();

      ask(3);

      Map<String, Long> after = nodes.one.fastPath.packets();
      assertThat(after.get("received_wire")).isEqualTo(before.get("received_wire"));
      assertThat(after.get("received_tunnel")).isGreaterThan(before.get("received_tunnel"));
      assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    }
    nodes.one.run();
    ask(3);
    assertThat(nodes.one.programs()).contains(Program.FROM_WIRE);
  }

  /** In the driver of the pod's end: what is put into the pod past its veth does not meet it. */
  @Test
  void aProgramOfXdpInAPodSeesEveryPacket() throws Exception {
    Path program = xdp();
    nodes.run();
    ask(3);

    nodes.two.pod.sh("ip link set dev eth0 xdpdrv obj " + program + " sec xdp");
    nodes.two.run();

    for (int i = 0; i < 3; i++) {
      send();
    }
    assertThat(hears()).isFalse();
    try (Exchange stream = Exchange.start(nodes.one, nodes.two, 8L << 20)) {
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(stream::isEnough);
      stream.finish(); // what it lets through arrives whole
    }
    nodes.two.pod.sh("ip link set dev eth0 xdpdrv off");
    nodes.two.run();
    ask(3);
  }

  @Test
  void aProgramOfXdpOnTunnelOrBridgeTurnsItOff() throws IOException {
    Path program = xdp();
    nodes.run();
    for (String device : List.of("tweed.1", "tweed-br0")) {
      nodes.one.host.sh("ip link set dev " + device + " xdpgeneric obj " + program + " sec xdp");
      nodes.one.run();
      assertThat(nodes.one.status().reason()).isEqualTo("ForeignProgramOnDevice");
      assertThat(nodes.one.status().message()).contains(device);
      nodes.one.host.sh("ip link set dev " + device + " xdpgeneric off");
      nodes.one.run();
      assertThat(nodes.one.status()).isEqualTo(new FastPath("On", null, null));
    }
  }

  /** A program that drops UDP over IPv4. */
  private Path xdp() throws IOException {
    Needs.program("/usr/bin/clang", "clang");
    Path source = directory.resolve("drop.c");
    Files.writeString(
        source,
        """
        struct context { unsigned data, data_end; };
        __attribute__((section("xdp"))) int drop(struct context *c)
        {
          unsigned char *frame = (void *)(long)c->data;
          if (frame + 24 > (unsigned char *)(long)c->data_end)
            return 2;
          return frame[12] == 8 && frame[13] == 0 && frame[23] == 17 ? 1 : 2;
        }
        char _license[] __attribute__((section("license"))) = "GPL";
        """);
    Path program = directory.resolve("drop.o");
    nodes.one.host.exec(
        "clang", "-O2", "-g", "-target", "bpf", "-c", source.toString(), "-o", program.toString());
    return program;
  }

  @Test
  void whereTheTunnelDeviceFillsInChecksumsItSeesThePackets() throws IOException {
    nodes.one.fastPath.sumsByTunnel(true);
    assertThat(nodes.one.looks).contains(Duration.ZERO);
    nodes.run();

    ask(11);

    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_WIRE);
    assertThat(nodes.one.fastPath.packets().get("sent_tunnel")).isEqualTo(10);
  }

  @Test
  void aProgramThatSomebodyTookAwayIsAttachedAgain() throws IOException {
    nodes.run();
    Needs.program("/usr/sbin/bpftool", "bpftool");
    nodes.one.detach(Program.FROM_POD);
    long fast = sent(nodes.one.fastPath.packets());
    ask(3);
    assertThat(sent(nodes.one.fastPath.packets())).isEqualTo(fast);

    nodes.one.run();

    ask(3);
    assertThat(sent(nodes.one.fastPath.packets())).isGreaterThan(fast);
  }

  @Test
  void aPodThatComesAnewIsFollowedAndAnAddressOfNoResultIsNot() throws IOException {
    nodes.run();
    ask(3);
    client.close();
    nodes.one.removePod();
    nodes.one.run();
    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_POD);

    nodes.one.addPod(true);
    nodes.one.run();
    client = socket(nodes.one);
    ask(3);

    client.close();
    nodes.one.removePod();
    nodes.one.addPod(false);
    nodes.one.run();
    client = socket(nodes.one);
    ask(3);
    assertThat(nodes.one.programs()).doesNotContain(Program.FROM_POD);
  }

  @Test
  void aCaptureShowsWhatGoesFastAndItsBeginningAndEndAreFollowed() throws Exception {
    nodes.run();
    ask(3);
    nodes.one.looks.clear();

    // When somebody captures, the kernel tells, and the next run follows
    FastNodes.Capture capture = nodes.one.capture("--count=100");
    awaitLook();
    String line = " received UDP 10.244.2.2:7000 > 10.244.1.2:7000, 50 bytes";
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              nodes.one.run();
              ask(1);
              return capture.lines(line) > 0;
            });

    // Then the lines have what comes fast
    long fast = received(nodes.one.fastPath.packets());
    ask(10);
    assertThat(received(nodes.one.fastPath.packets())).isEqualTo(fast + 10);
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> capture.lines(line) > 10);

    // And when it has ended, that is told, too
    nodes.one.looks.clear();
    while (!capture.exitCode().isDone()) {
      ask(1);
    }
    assertThat(capture.await()).isZero();
    awaitLook();
  }

  private void awaitLook() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> nodes.one.looks.contains(FastPathSync.SOON));
    nodes.one.looks.clear();
  }

  @Test
  void outerPortsAreOfTheNodesRangeAsTheTunnelDevicesAre() throws IOException {
    nodes.one.host.exec("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40063");
    nodes.run();
    ask(2);
    List<Integer> ports = new ArrayList<>();
    PacketSocket underlay =
        nodes.one.host.call(
            () -> PacketSocket.open(LibC.get().if_nametoindex("eth0"), 64, Duration.ofMillis(200)));
    try (underlay) {
      ask(5);
      Optional<CapturedPacket> packet = underlay.receive();
      while (packet.isPresent()) {
        ByteBuffer bytes = packet.get().bytes();
        if (packet.get().outgoing() && bytes.getShort(36) == 8472) {
          ports.add(bytes.getShort(34) & 0xffff);
        }
        packet = underlay.receive();
      }
    }
    assertThat(nodes.one.fastPath.packets().get("sent_wire")).isPositive();
    assertThat(ports).hasSize(5).allSatisfy(port -> assertThat(port).isBetween(40000, 40063));
  }

  @Test
  void aCaptureIsAFileForTcpdump() throws Exception {
    nodes.run();
    nodes.one.looks.clear();
    Path file = directory.resolve("packets.pcap");
    FastNodes.Capture capture =
        nodes.one.capture("--count=4", "--snaplen=50", "-w", file.toString());
    awaitLook();
    ask(2);

    assertThat(capture.await()).isZero();
    assertThat(capture.out()).hasToString("");
    // Four packets of 14 + 20 + 8 + 8 bytes; the first may have been an ARP request of 42
    assertThat(Files.readAllBytes(file))
        .startsWith(0x4d, 0x3c, 0xb2, 0xa1)
        .hasSizeBetween(24 + 4 * (16 + 42), 24 + 4 * (16 + 50));
  }

  @Test
  void whereWindowsAreJudgedThereIsNone() {
    nodes.run();
    FastPathTarget target = nodes.one.target();
    nodes.one.fastPath.target(
        Optional.of(
            new FastPathTarget(
                true,
                target.tunnel(),
                target.bridge(),
                target.podMtu(),
                target.underlay(),
                target.blocks(),
                target.peers(),
                false)));
    nodes.one.run();

    assertThat(nodes.one.status().reason()).isEqualTo("WindowTrackingStrict");
    assertThat(nodes.one.programs()).isEmpty();
  }

  @Test
  void overIpv6TheTunnelDeviceEncapsulates() throws IOException {
    for (FastNodes.Node node : nodes.both()) {
      FastPathTarget target = node.target();
      node.fastPath.target(
          Optional.of(
              new FastPathTarget(
                  true,
                  target.tunnel(),
                  target.bridge(),
                  target.podMtu(),
                  Optional.of(new Underlay("eth0", IpAddress.parse("2001:db8::1"))),
                  target.blocks(),
                  target.peers(),
                  true)));
      node.run();
    }
    ask(5);

    assertThat(nodes.one.fastPath.packets().get("sent_tunnel")).isEqualTo(4);
  }

  @Test
  void aHostWhosePacketsCannotGoFastIsLeftAlone() {
    List<Optional<FastPath>> told = new ArrayList<>();
    FastPathSync without =
        new FastPathSync(
            Optional::empty,
            address -> Optional.empty(),
            Path.of("/proc/sys/net"),
            told::add,
            nodes.one.looks::add,
            () -> nodes.one.host.sh("sysctl -qw " + LIBERAL + "=1"),
            new NodeViewMapper.Process("6.12.1", Set.of(12)));

    // It is told with what the data path tells, and is news once
    without.target(Optional.of(nodes.one.target()));
    assertThat(nodes.one.host.call(without::getAsBoolean)).isTrue();
    assertThat(told)
        .singleElement()
        .satisfies(
            only -> {
              assertThat(only.orElseThrow().reason()).isEqualTo("RightsMissing");
              assertThat(only.orElseThrow().message()).contains("node.fastPath=true");
            });

    assertThat(nodes.one.looks).as("nobody looks for what cannot come").isEmpty();
    assertThat(without.isReady()).isFalse();
    assertThat(nodes.one.host.exec("sysctl", "-n", LIBERAL)).startsWith("0");
  }

  private static long sent(Map<String, Long> packets) {
    return packets.get("sent_wire") + packets.get("sent_tunnel");
  }

  private static long received(Map<String, Long> packets) {
    return packets.get("received_wire") + packets.get("received_tunnel");
  }

  /** So many questions, each with its answer. */
  private void ask(int times) throws IOException {
    for (int i = 0; i < times; i++) {
      send();
      assertThat(hears()).as("question %d", i).isTrue();
      server.send(new DatagramPacket(new byte[8], 8, address(nodes.one)));
      client.setSoTimeout(5000);
      client.receive(new DatagramPacket(new byte[64], 64));
    }
  }

  private void send() throws IOException {
    client.send(new DatagramPacket(new byte[8], 8, address(nodes.two)));
  }

  private boolean hears() throws IOException {
    server.setSoTimeout(1000);
    try {
      server.receive(new DatagramPacket(new byte[64], 64));
      return true;
    } catch (SocketTimeoutException nothing) {
      return false;
    }
  }

  private static InetSocketAddress address(FastNodes.Node node) throws IOException {
    return new InetSocketAddress(InetAddress.getByName(node.podAddress()), PORT);
  }
}
