package dev.tweed.dataplane.kernel;

import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPath;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Example;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;

/** Node {@code n<i>} of {@link Example} in a network namespace, with its data path and pods. */
final class TestNode implements AutoCloseable {
  final int number;
  final Netns netns;
  final DataPath dataPath;
  private final List<Netns> pods = new ArrayList<>();

  private static final Path DEFAULT_RUN_DIR = DataPathOptions.defaults().runDir();

  private TestNode(int number, Netns netns, DataPath dataPath) {
    this.number = number;
    this.netns = netns;
    this.dataPath = dataPath;
  }

  static TestNode open(int number, DataPathOptions options) {
    return open(number, options, System::nanoTime);
  }

  private static TestNode open(int number, DataPathOptions options, LongSupplier nanoTime) {
    Netns netns = Netns.open();
    return new TestNode(
        number, netns, netns.call(() -> DataPath.open(ownRunDir(options), nanoTime)));
  }

  /** The machine's run directory is none of a test's. */
  private static DataPathOptions ownRunDir(DataPathOptions options) throws IOException {
    if (!options.runDir().equals(DEFAULT_RUN_DIR)) {
      return options;
    }
    Path dir = Files.createTempDirectory("tweed-test-run");
    dir.toFile().deleteOnExit();
    options.withRunDir(dir).sysctlNotes().toFile().deleteOnExit();
    return options.withRunDir(dir);
  }

  static TestNode open(int number) {
    return open(number, DataPathOptions.defaults());
  }

  /** Without a wire to anyone: eth0 is a dummy's stand-in, a veth whose other end nobody uses. */
  static TestNode alone() {
    return alone(DataPathOptions.defaults());
  }

  static TestNode alone(DataPathOptions options) {
    return alone(options, System::nanoTime);
  }

  /** With a clock of the test's for what is done now and then. */
  static TestNode alone(LongSupplier nanoTime) {
    return alone(DataPathOptions.defaults(), nanoTime);
  }

  private static TestNode alone(DataPathOptions options, LongSupplier nanoTime) {
    TestNode node = open(1, options, nanoTime);
    // Duplicate address detection would change what is shown while a test looks.
    node.sh("sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0");
    node.sh(
        "ip link add eth0 type veth peer name far && ip link set far up && ip link set eth0 up");
    node.sh("ip addr add 192.0.2.1/24 dev eth0; ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
    // The kernel tells devices of their carrier, and gives them addresses for it, in its own time.
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                node.sh("ip -6 -o addr show scope link | grep -vc tentative || true")
                    .strip()
                    .equals("2"));
    return node;
  }

  /** Two nodes on one wire. */
  static List<TestNode> pair() {
    TestNode one = open(1);
    TestNode two = open(2);
    one.sh("ip link add eth0 type veth peer name eth0 netns " + two.netns.path());
    for (TestNode node : List.of(one, two)) {
      node.sh("ip link set eth0 up");
      node.sh("ip addr add 192.0.2." + node.number + "/24 dev eth0");
      node.sh("ip -6 addr add 2001:db8::" + node.number + "/64 dev eth0 nodad");
    }
    return List.of(one, two);
  }

  String sh(String script) {
    return netns.sh(script);
  }

  SyncReport sync(Example example) {
    return sync(example.snapshot());
  }

  SyncReport sync(ClusterSnapshot snapshot) {
    return in(() -> dataPath.sync(snapshot));
  }

  <T> T in(Callable<T> task) {
    return netns.call(task);
  }

  /** A pod with address .{@code host} of the node's block, attached as the CNI plugin does it. */
  Netns pod(int host) {
    Netns pod = Netns.open();
    pods.add(pod);
    String port = "veth" + host;
    sh("ip link add " + port + " type veth peer name eth0 netns " + pod.path());
    sh("ip link set " + port + " master tweed-br0 up");
    pod.sh("ip addr add " + address(host) + "/24 dev eth0 && ip link set eth0 up");
    pod.sh("ip route add default via 10.244." + number + ".1");
    return pod;
  }

  String address(int host) {
    return "10.244." + number + "." + host;
  }

  /** Everything netlink and nft show, without counters and times that run. */
  String dump() {
    return sh(
        "ip -d link | sed 's/_timer *[0-9.]*//g'; ip -4 addr; ip -6 addr; ip route show table all; ip -6 route show table all; "
            + "ip nexthop; ip rule; ip -6 rule; "
            + "bridge fdb; ip neigh show nud permanent; nft list ruleset");
  }

  @Override
  public void close() {
    in(
        () -> {
          dataPath.close();
          return null;
        });
    pods.forEach(Netns::close);
    netns.close();
  }
}
