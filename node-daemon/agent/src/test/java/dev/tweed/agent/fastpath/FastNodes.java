package dev.tweed.agent.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.command.TweedNode;
import dev.tweed.agent.daemon.KernelPath;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.dataplane.Backend;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Masquerade;
import dev.tweed.dataplane.NetworkParameters;
import dev.tweed.dataplane.OwnNode;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.dataplane.TranslatedAddresses;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.fastpath.kernel.BpfException;
import dev.tweed.fastpath.kernel.BpfObject;
import dev.tweed.fastpath.kernel.BpfObject.Program;
import dev.tweed.fastpath.kernel.LibBpf;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.socket.LibC;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Two nodes with the data path itself: underlay 192.0.2.N, block 10.244.N.0/24, and a pod with
 * 10.244.N.2, of which the container runtime has kept the result.
 */
final class FastNodes implements AutoCloseable {

  final Node one;
  final Node two;

  private FastNodes(Node one, Node two) {
    this.one = one;
    this.two = two;
  }

  static FastNodes make(Path directory, Backend backend, boolean wanted) {
    FastNodes nodes =
        new FastNodes(
            new Node(directory.resolve("1"), backend, wanted, 1, 2),
            new Node(directory.resolve("2"), backend, wanted, 2, 1));
    nodes.connect();
    for (Node node : nodes.both()) {
      node.sync();
      node.addPod(true);
    }
    return nodes;
  }

  /** By new devices between them. */
  void connect() {
    one.host.sh("ip link add eth0 type veth peer name eth0 netns " + two.host.path());
    for (Node node : both()) {
      node.host.sh("ip link set eth0 up && ip addr add 192.0.2." + node.number + "/24 dev eth0");
    }
  }

  List<Node> both() {
    return List.of(one, two);
  }

  /** Brings both to what their data path has come to. */
  void run() {
    for (Node node : both()) {
      node.fastPath.target(Optional.of(node.target()));
      node.run();
    }
  }

  @Override
  public void close() {
    both().forEach(Node::close);
  }

  /**
   * A capture that may still be under way.
   *
   * @param out what it has printed so far
   */
  record Capture(StringWriter out, CompletableFuture<Integer> exitCode) {
    int await() throws Exception {
      return exitCode.get(60, TimeUnit.SECONDS);
    }

    /** How many lines say this. */
    long lines(String words) {
      return out.toString().lines().filter(line -> line.contains(words)).count();
    }
  }

  /** One of them. */
  static final class Node {
    final int number;
    final Netns host = Netns.open();
    final Netns pod = Netns.open();
    final FastPathSync fastPath;
    final List<Optional<NodeReportStatus.FastPath>> told = new ArrayList<>();
    final List<Duration> looks = Collections.synchronizedList(new ArrayList<>());
    final Path results;
    private final KernelPath path;
    private final int other;
    private final Backend backend;
    private ClusterSnapshot snapshot;
    private SyncReport report;
    private boolean isAsked;

    private Node(Path directory, Backend backend, boolean wanted, int number, int other) {
      this.number = number;
      this.results = directory.resolve("results");
      path =
          host.call(
              () ->
                  KernelPath.real(DataPathOptions.defaults().withRunDir(directory.resolve("run")))
                      .open(() -> {}));
      this.other = other;
      this.backend = backend;
      snapshot = snapshot(wanted);
      CniResultReader reader = new CniResultReader(results);
      fastPath =
          new FastPathSync(
              () -> Optional.of(reader.read()),
              a -> Optional.empty(),
              Path.of("/proc/sys/net"),
              told::add,
              looks::add,
              () -> isAsked = true);
    }

    private ClusterSnapshot snapshot(boolean wanted) {
      return new ClusterSnapshot(
          new NetworkParameters(
              "default",
              backend,
              0,
              "tweed-br0",
              true,
              new Masquerade(true, List.of(), true),
              List.of(IpPrefix.parse("10.244.0.0/16")),
              Map.of(),
              true,
              true,
              TranslatedAddresses.NONE,
              wanted),
          new OwnNode("n" + number, List.of(block(number)), List.of(underlay(number)), mac(number)),
          List.of(new Peer("n" + other, block(other), List.of(underlay(other)), mac(other))));
    }

    private static IpPrefix block(int number) {
      return IpPrefix.parse("10.244." + number + ".0/24");
    }

    private static IpAddress underlay(int number) {
      return IpAddress.parse("192.0.2." + number);
    }

    private static MacAddress mac(int number) {
      return new MacAddress(0x020000000000L | number);
    }

    String podAddress() {
      return "10.244." + number + ".2";
    }

    void sync() {
      ClusterSnapshot asked = fastPath.isReady() ? snapshot : snapshot.withoutFastPath();
      report = host.call(() -> path.sync(asked));
      assertThat(report.findings()).isEmpty();
      assertThat(report.verified()).isTrue();
    }

    FastPathTarget target() {
      return FastPathTarget.of(snapshot, report, path.peers());
    }

    /** As a changed spec.fastPath has it. */
    void wanted(boolean wanted) {
      snapshot = snapshot(wanted);
      sync();
      fastPath.target(Optional.of(target()));
    }

    /** And once more after a sync of the data path, if it asks for one. */
    void run() {
      assertThat(host.call(fastPath::getAsBoolean)).isTrue();
      if (isAsked) {
        isAsked = false;
        sync();
        assertThat(fastPath.target(Optional.of(target()))).isTrue();
        run();
      }
    }

    NodeReportStatus.FastPath status() {
      return told.getLast().orElseThrow();
    }

    /**
     * @param kept whether the container runtime has kept the result
     */
    void addPod(boolean kept) {
      host.sh(
          """
          ip link add pod mtu %d type veth peer name eth0 netns %s
          ip link set pod master tweed-br0 up
          """
              .formatted(report.podMtu(), pod.path()));
      pod.sh(
          """
          ip link set eth0 up
          ip addr add %s/24 dev eth0
          ip route add default via 10.244.%d.1
          """
              .formatted(podAddress(), number));
      if (kept) {
        keepResult();
      }
    }

    /** {@code tweed-node capture} of its pod, in a thread of its own. */
    Capture capture(String... options) {
      List<String> arguments =
          new ArrayList<>(
              List.of("capture", "shop/web-0", "--cni-results-dir=" + results, "--seconds=60"));
      arguments.addAll(List.of(options));
      Capture capture = new Capture(new StringWriter(), new CompletableFuture<>());
      // A thread is in the namespace of the one that starts it.
      host.call(
          () ->
              Thread.ofPlatform()
                  .daemon()
                  .start(
                      () ->
                          capture
                              .exitCode()
                              .complete(
                                  TweedNode.execute(
                                      new PrintWriter(capture.out()),
                                      arguments.toArray(String[]::new)))));
      return capture;
    }

    void removePod() {
      host.sh("ip link del pod");
      try {
        Files.deleteIfExists(results.resolve("tweed-c-eth0"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void keepResult() {
      try {
        Files.createDirectories(results);
        Files.writeString(
            results.resolve("tweed-c-eth0"),
            """
            {"kind":"cniCacheV1","cniArgs":[["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","web-0"],
              ["K8S_POD_UID","uid-1"]],"result":{"cniVersion":"1.0.0","interfaces":[
              {"mac":"%s","name":"pod"},{"mac":"%s","name":"eth0","sandbox":"/run/netns/x"}],
              "ips":[{"address":"%s/24","interface":1}]}}
            """
                .formatted(mac(host, "pod"), mac(pod, "eth0"), podAddress()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static String mac(Netns netns, String device) {
      return netns
          .sh("ip -o link show " + device + " | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'")
          .strip();
    }

    /** Which of the fast path's programs are on their devices, as the kernel says. */
    Set<Program> programs() {
      return host.call(
          () -> {
            Set<Program> there = EnumSet.noneOf(Program.class);
            // Loaded to ask: what it holds itself is on no device.
            try (BpfObject asking = BpfObject.load(LibBpf.load())) {
              for (Program program : Program.values()) {
                if (!attached(asking, program).isEmpty()) {
                  there.add(program);
                }
              }
            }
            return there;
          });
    }

    private static List<Integer> attached(BpfObject asking, Program program) throws BpfException {
      List<Integer> attached = new ArrayList<>();
      for (String device :
          switch (program) {
            case FROM_POD, TO_POD -> List.of("pod");
            case FROM_TUNNEL -> List.of("tweed.1");
            case FROM_WIRE -> List.of("eth0");
            case TO_PEER -> List.of("tweed.1", "eth0");
          }) {
        int index = LibC.get().if_nametoindex(device);
        if (index != 0) {
          attached.addAll(asking.attached(index, program.hook()));
        }
      }
      return attached;
    }

    /** As an administrator takes a program off. */
    void detach(Program program) {
      int identifier =
          host.call(
              () -> {
                try (BpfObject asking = BpfObject.load(LibBpf.load())) {
                  return attached(asking, program).getFirst();
                }
              });
      host.sh(
          "bpftool link detach id $(bpftool link show | sed -n 's/^\\([0-9]*\\): .*prog "
              + identifier
              + "\\b.*/\\1/p')");
    }

    private void close() {
      fastPath.close();
      host.call(
          () -> {
            path.close();
            return null;
          });
      pod.close();
      host.close();
    }
  }
}
