package dev.tweed.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tweed.agent.cluster.Mapping;
import dev.tweed.agent.daemon.KernelPath;
import dev.tweed.agent.firewall.NetworkState;
import dev.tweed.agent.firewall.NetworkStateMapper;
import dev.tweed.agent.status.NodeStatus;
import dev.tweed.agent.status.ReachabilityPlanner;
import dev.tweed.agent.status.Reachable;
import dev.tweed.agent.trace.PathTracer;
import dev.tweed.agent.trace.TraceNetwork;
import dev.tweed.crds.NodeReportStatus.Firewall;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.ProbeAddress;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.dataplane.Underlay;
import dev.tweed.firewall.ForwardEvaluator;
import dev.tweed.firewall.HostFirewallReader;
import dev.tweed.firewall.NetworkNeeds;
import dev.tweed.firewall.NftCommand;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Two nodes with the data path itself, from the same snapshots as daemons have, a pod on each, and
 * what the daemon of the first does to find out about the second: probes, counters, and what
 * follows. Its clock runs {@value #SPEED} times as fast as the test's.
 */
final class NodePair implements AutoCloseable {

  private static final int SPEED = 40;

  /** Of the test's time; what is awaited comes within two seconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private static final LongSupplier CLOCK = () -> System.nanoTime() * SPEED;

  /** A node, and a pod that has the second address after the gateway's of each block. */
  record Node(Netns host, Netns pod, KernelPath path, ClusterSnapshot snapshot) {
    SyncReport sync() {
      return host.call(() -> path.sync(snapshot));
    }

    private void close() {
      host.call(
          () -> {
            path.close();
            return null;
          });
      pod.close();
      host.close();
    }
  }

  final Node first;
  final Node second;
  private final NetworkNeeds needs;
  private final PathTracer tracer;
  private final ProbeTargets targets;
  private final Prober prober;
  private volatile Optional<Reachability> latest = Optional.empty();

  /**
   * Makes them. In addresses N stands for the number of the node.
   *
   * @param underlay addresses of a node, at most one of each family
   * @param pools of the network
   * @param blocks of a node
   */
  NodePair(
      Path runDir,
      Backend backend,
      List<String> underlay,
      List<String> pools,
      List<String> blocks) {
    NetworkParameters network =
        new NetworkParameters(
            "default",
            backend,
            0,
            "tweed-br0",
            true,
            new Masquerade(true, List.of(), true),
            pools.stream().map(IpPrefix::parse).toList(),
            Map.of(),
            true,
            true,
            TranslatedAddresses.NONE,
            false);
    List<OwnNode> own =
        IntStream.of(1, 2)
            .mapToObj(
                n ->
                    new OwnNode(
                        "n" + n,
                        numbered(blocks, n).map(IpPrefix::parse).toList(),
                        numbered(underlay, n).map(IpAddress::parse).toList(),
                        new MacAddress(0x020000000000L | n)))
            .toList();
    first = open(runDir.resolve("1"), network, own.getFirst(), own.getLast());
    second = open(runDir.resolve("2"), network, own.getLast(), own.getFirst());
    first.host.sh("ip link add eth0 type veth peer name eth0 netns " + second.host.path());
    for (Node node : List.of(first, second)) {
      node.host.sh("ip link set eth0 up");
      for (IpAddress address : node.snapshot.self().nodeIps()) {
        node.host.sh(
            address.family() == AddressFamily.IPV4
                ? "ip addr add %s/24 dev eth0".formatted(address)
                : "ip addr add %s/64 dev eth0 nodad".formatted(address));
      }
      // Tests are in a hurry.
      node.host.sh("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0");
    }
    List<SyncReport> reports = Stream.of(first, second).map(Node::sync).toList();
    for (SyncReport each : reports) {
      assertThat(each.findings()).isEmpty();
      assertThat(each.verified()).isTrue();
      assertThat(each.peersProgrammed()).isEqualTo(blocks.size());
    }
    SyncReport report = reports.getFirst();
    addPod(first);
    addPod(second);
    NetworkState state =
        NetworkStateMapper.map(
            new Mapping.Program(first.snapshot, List.of(), true, Optional.empty(), List.of()),
            report.device(),
            report.underlay().map(Underlay::device),
            report.outsideDevices());
    needs = ((NetworkState.Member) state).needs();
    tracer = PathTracer.open(Path.of("nft"), CLOCK);
    tracer.network(Optional.of(new TraceNetwork(needs, first.snapshot)));
    targets =
        ProbeTargetsMapper.map(
            true,
            first.snapshot.self().blocks(),
            first.snapshot.peers(),
            report,
            first.host.call(first.path::peers));
    prober = first.host.call(this::probe);
  }

  private static Node open(Path runDir, NetworkParameters network, OwnNode own, OwnNode other) {
    Netns host = Netns.open();
    List<Peer> peers =
        other.blocks().stream()
            .map(block -> new Peer(other.name(), block, other.nodeIps(), other.vtepMac()))
            .toList();
    return new Node(
        host,
        Netns.open(),
        host.call(
            () -> KernelPath.real(DataPathOptions.defaults().withRunDir(runDir)).open(() -> {})),
        new ClusterSnapshot(network, own, peers));
  }

  private static Stream<String> numbered(List<String> texts, int node) {
    return texts.stream().map(text -> text.replace("N", Integer.toString(node)));
  }

  private static void addPod(Node node) {
    node.host.sh(
        """
        ip link add pod type veth peer name eth0 netns %s
        ip link set pod master tweed-br0 up
        """
            .formatted(node.pod.path()));
    node.pod.sh("ip link set eth0 up");
    for (IpPrefix block : node.snapshot.self().blocks()) {
      node.pod.sh(
          """
          ip addr add %s/%d dev eth0 %s
          ip route add default via %s
          """
              .formatted(
                  pod(block),
                  block.length(),
                  block.family() == AddressFamily.IPV4 ? "" : "nodad",
                  ProbeAddress.gateway(block)));
    }
  }

  private static IpAddress pod(IpPrefix block) {
    byte[] bytes = block.address().toBytes();
    bytes[bytes.length - 1] += 2;
    return IpAddress.ofBytes(bytes);
  }

  private Prober probe() {
    Prober started =
        new Prober(
            new FastTransport(new UdpProbeTransport("tweed-probe"), SPEED),
            TcpConnection::begin,
            tracer,
            found -> latest = Optional.of(found),
            new CountingMeter(),
            CLOCK,
            Clock.systemUTC());
    started.start();
    started.targets(targets);
    return started;
  }

  /** Waits until what was found last is like that. */
  Reachability awaitFound(Predicate<Reachability> wanted) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> latest.filter(wanted).isPresent());
    return latest.filter(wanted).orElseThrow();
  }

  /** Takes the table {@code inet fault} from both hosts, whether it is there or not. */
  void withoutFaults() {
    for (Node node : List.of(first, second)) {
      node.host().exec("nft", "add table inet fault; delete table inet fault");
    }
  }

  /** Waits until all answer, and nothing is lost. */
  Reachability awaitAnswers() {
    return awaitFound(
        r ->
            r.isKnown()
                && r.answered() == first.snapshot.peers().size()
                && r.unreached().isEmpty());
  }

  /** Waits until all answer that were forgotten before. */
  Reachability awaitAnswersAnew() {
    prober.targets(ProbeTargets.NONE);
    awaitFound(r -> r.proof() == Reachability.Proof.OFF);
    prober.targets(targets);
    return awaitAnswers();
  }

  /** What the daemon says of that, with the rules that there are now. */
  Reachable judge(Reachability seen) {
    List<IpPrefix> blocks =
        first.snapshot.self().blocks().stream()
            .filter(block -> ProbeAddress.of(block).isEmpty())
            .toList();
    Optional<List<String>> drops =
        first.host.call(
            () ->
                ForwardEvaluator.evaluate(
                    new HostFirewallReader(
                            Path.of("/"),
                            Path.of("/proc/thread-self/net"),
                            new NftCommand(Path.of("nft")))
                        .read(),
                    needs,
                    blocks));
    return ReachabilityPlanner.plan(
        NodeStatus.State.READY,
        "",
        Optional.empty(),
        Optional.of(seen),
        Optional.of(
            drops
                .map(d -> d.isEmpty() ? Firewall.FORWARD_PASSES : String.join("; ", d))
                .orElse(Firewall.FORWARD_UNKNOWN)));
  }

  /**
   * Which of its pods the second node's answer for to the first's: TCP to a port where nobody
   * listens, which their kernel refuses.
   *
   * @param patience how long an answer is waited for
   */
  List<IpAddress> podsReached(Duration patience) {
    List<IpAddress> reached = new ArrayList<>();
    for (Peer peer : first.snapshot.peers()) {
      if (first.pod.call(() -> isRefused(pod(peer.block()), patience))) {
        reached.add(pod(peer.block()));
      }
    }
    return reached;
  }

  private static boolean isRefused(IpAddress address, Duration patience) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address.toString(), 81), Math.toIntExact(patience.toMillis()));
      throw new AssertionError("somebody listens at " + address);
    } catch (IOException e) {
      return e.getMessage().contains("refused");
    }
  }

  @Override
  public void close() {
    prober.close();
    first.close();
    second.close();
  }
}
