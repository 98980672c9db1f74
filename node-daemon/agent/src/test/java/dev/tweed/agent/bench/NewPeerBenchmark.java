package dev.tweed.agent.bench;

import dev.tweed.agent.Keys;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.ip.Ipv4Address;
import dev.tweed.netlink.NetlinkEvent;
import dev.tweed.netlink.NetlinkGroup;
import dev.tweed.netlink.socket.NetlinkMonitor;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * From the event of a new NodeSubnet, as the server sends it, to the kernel's notification of its
 * route and of its address in the tunnel's filter: the packaged daemon, with the settings of the
 * image, in a network namespace beside a server of a few lines (TLS), and in turn with it a loop
 * that does nothing but write what it reads ({@link BareLoop}) in another. Then such as come when
 * everything is compared, a second after the one before.
 *
 * <p>Arguments: how many come (200; half as many of the second kind), then numbers of peers there
 * are (1000 5000). Needs root, and the packaged jar. Prints rows of the table of {@code ./dev
 * bench}.
 */
public final class NewPeerBenchmark {
  private static final String SUBNETS = "/nodesubnets";
  private static final String BARE = "/bare";
  private static final Duration STARTED = Duration.ofSeconds(60);
  private static final Duration ARRIVED = Duration.ofSeconds(10);

  /** Lists are read and compared by then, and what came with them is compiled. */
  private static final Duration SETTLED = Duration.ofSeconds(15);

  private NewPeerBenchmark() {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
    List<String> sizes =
        arguments.length > 1
            ? List.of(arguments).subList(1, arguments.length)
            : List.of("1000", "5000");
    for (String size : sizes) {
      Path directory = Files.createTempDirectory("tweed-new-peer");
      try (Run run = new Run(Integer.parseInt(size), directory)) {
        run.measure(count);
      } finally {
        try (Stream<Path> files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
        }
      }
    }
    System.exit(0);
  }

  /** When the kernel told of a route, and of the tunnel's filter, in a namespace. */
  private static final class Notifications {
    private final BlockingQueue<IpPrefix> routes = new LinkedBlockingQueue<>();
    private final NetlinkMonitor monitor;
    private volatile long filterAt;
    private volatile long routeAt;

    Notifications(Netns netns) {
      monitor =
          netns.call(
              () ->
                  NetlinkMonitor.open(
                      Set.of(NetlinkGroup.IPV4_ROUTE, NetlinkGroup.NFTABLES), this::see));
    }

    private void see(NetlinkEvent event) {
      long now = System.nanoTime();
      switch (event) {
        case NetlinkEvent.RouteChanged route when !route.removed() -> {
          routeAt = now;
          routes.add(route.route().destination());
        }
        case NetlinkEvent.NftablesChanged change when change.tables().contains("tweed-tunnel") ->
            filterAt = now;
        default -> {}
      }
    }

    /** Waits for a route; false if it does not come. */
    boolean await(IpPrefix block, Duration limit) throws InterruptedException {
      for (long end = System.nanoTime() + limit.toNanos(); ; ) {
        IpPrefix next = routes.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (next == null || next.equals(block)) {
          return next != null;
        }
      }
    }
  }

  /** What was measured of one that is told, milliseconds. */
  private static final class Times {
    private final List<Double> route = new ArrayList<>();
    private final List<Double> filter = new ArrayList<>();

    void add(long sent, Notifications seen) {
      route.add((seen.routeAt - sent) / 1e6);
      filter.add((seen.filterAt - sent) / 1e6);
    }
  }

  /** With one number of peers. */
  private static final class Run implements AutoCloseable {
    private final int peers;
    private final Netns node = Netns.open();
    private final Netns bare = Netns.open();
    private final WatchServer server;
    private final Process daemon;
    private final Notifications ofDaemon;
    private final Notifications ofLoop;
    private final BareLoop loop;
    private final Random random = new Random(1);
    private int next;

    Run(int peers, Path directory) throws Exception {
      this.peers = peers;
      this.next = peers + 2;
      node.sh("ip link add eth0 type veth peer name far; ip link set far up; ip link set eth0 up");
      node.sh("ip addr add 192.0.2.1/24 dev eth0");
      Keys keys = Keys.make(directory, "EC", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1");
      ServerSocket listener =
          node.call(
              () ->
                  keys.server()
                      .getServerSocketFactory()
                      .createServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
      server = new WatchServer(listener, this::list);
      ofDaemon = new Notifications(node);
      ofLoop = new Notifications(bare);
      daemon = daemon(directory, keys, listener.getLocalPort());
      Socket socket =
          node.call(
              () ->
                  keys.client()
                      .getSocketFactory()
                      .createSocket("127.0.0.1", listener.getLocalPort()));
      loop = bare.call(() -> new BareLoop(socket, BARE));
      loop.add(IntStream.range(2, peers + 2).mapToObj(Run::subnet).toList());
      if (!ofDaemon.await(block(peers + 1), STARTED)) {
        throw new IllegalStateException(
            "no route: " + Files.readString(directory.resolve("daemon.log")));
      }
      Thread.ofPlatform().daemon().start(this::follow);
      Thread.sleep(SETTLED);
    }

    private void follow() {
      try {
        loop.run();
      } catch (IOException e) {
        // Closed.
      }
    }

    private Process daemon(Path directory, Keys keys, int port) throws Exception {
      for (String name : List.of("conf", "bin", "results")) {
        Files.createDirectories(directory.resolve(name));
      }
      for (String plugin : List.of("bridge", "host-local", "portmap", "loopback")) {
        Path file = Files.writeString(directory.resolve("bin").resolve(plugin), "#!/bin/sh\n");
        file.toFile().setExecutable(true);
      }
      Path kubeconfig =
          Files.writeString(
              directory.resolve("kubeconfig"),
              """
              current-context: c
              contexts: [{name: c, context: {cluster: c, user: u}}]
              clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}}]
              users: [{name: u, user: {token: t}}]
              """
                  .formatted(
                      port, Base64.getEncoder().encodeToString(keys.certificatePem().getBytes())));
      Path target =
          Path.of(Keys.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .getParent();
      ProcessBuilder builder =
          new ProcessBuilder(
                  "sh",
                  target.resolveSibling("src/main/docker/tweed-node").toString(),
                  "run",
                  "--node-name=n1",
                  "--kubeconfig=" + kubeconfig,
                  "--http-address=127.0.0.1:0",
                  "--cni-conf-dir=" + directory.resolve("conf"),
                  "--cni-bin-dir=" + directory.resolve("bin"),
                  "--cni-plugins-dir=" + directory.resolve("none"),
                  "--cni-results-dir=" + directory.resolve("results"),
                  "--run-dir=" + directory.resolve("run"),
                  "--state-dir=" + directory.resolve("state"))
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("daemon.log").toFile());
      builder.environment().put("TWEED_HOME", target.toString());
      builder
          .environment()
          .put("TWEED_JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString());
      return node.call(builder::start);
    }

    private Optional<String> list(String path) {
      return switch (path.replaceFirst(".*/", "")) {
        case "podnetworks" ->
            Optional.of(
                """
                {"metadata":{"name":"default","resourceVersion":"1","generation":1,
                   "creationTimestamp":"2026-01-01T00:00:00Z"},
                 "spec":{"pools":[{"cidr":"10.0.0.0/8","nodePrefixLength":24}],
                   "probes":"Disabled"}}""");
        case "nodesubnets" ->
            Optional.of(
                IntStream.range(1, peers + 2)
                    .mapToObj(Run::subnet)
                    .collect(Collectors.joining(",")));
        case "nodes" ->
            Optional.of(
                "{\"metadata\":{\"name\":\"n1\",\"uid\":\"u1\",\"resourceVersion\":\"1\"}}");
        default -> path.contains("nodereports/") ? Optional.empty() : Optional.of("");
      };
    }

    private static IpPrefix block(int number) {
      return new IpPrefix(new Ipv4Address((10 << 24) + (number << 8)), 24);
    }

    private static IpAddress address(int number) {
      return number == 1
          ? IpAddress.parse("192.0.2.1")
          : new Ipv4Address((198 << 24) + (18 << 16) + number);
    }

    private static String subnet(int number) {
      return subnet(number, 1);
    }

    /** As the API server writes it, with what nobody asked for. */
    private static String subnet(int number, int version) {
      return """
          {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeSubnet","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z",\
          "finalizers":["tweed.dev/block"],"generation":1,"labels":{"kubernetes.io/hostname":"n%1$d","tweed.dev/pod-network":"default"},\
          "managedFields":[{"apiVersion":"tweed.dev/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":\
          {"f:kubernetes.io/hostname":{},"f:tweed.dev/pod-network":{}}},"f:spec":{"f:cidr":{},"f:nodeIPs":{},"f:nodeName":{},"f:nodeUID":{},\
          "f:podNetwork":{},"f:vtepMAC":{}}},"manager":"tweed-operator","operation":"Apply","time":"2026-01-01T00:00:00Z"}],\
          "name":"%2$s","resourceVersion":"%3$s","uid":"00000000-0000-0000-0000-%1$012d"},"spec":{"podNetwork":"default",\
          "nodeName":"n%1$d","nodeUID":"10000000-0000-0000-0000-%1$012d","cidr":"%4$s","nodeIPs":["%5$s"],"vtepMAC":"%6$s"}}"""
          .formatted(
              number,
              block(number).toString().replaceAll("[./]", "-"),
              version,
              block(number),
              address(number),
              "02:00:00:%02x:%02x:%02x".formatted(number >> 16, number >> 8 & 0xff, number & 0xff));
    }

    void measure(int count) throws Exception {
      Times dense = new Times();
      Times bareTimes = new Times();
      double load = load();
      long cpu = cpuNanos();
      for (int i = 0; i < count; i++) {
        one(dense, bareTimes);
        Thread.sleep(50 + random.nextInt(250));
      }
      cpu = cpuNanos() - cpu;
      Times compared = new Times();
      for (int i = 0; i < count / 2; i++) {
        one(compared, bareTimes);
        // It comes when the comparison that follows the one before is due, or under way.
        Thread.sleep(970 + random.nextInt(100));
      }
      String among = "new peer among %,d".formatted(peers);
      row(among + ", one each 50 to 300 ms: event to route", dense.route, flannel());
      row(among + ": event to the tunnel's filter", dense.filter, "");
      row(among + " while all is compared: event to route", compared.route, "");
      row(among + ", the least there is to do, in the same run", bareTimes.route, "");
      System.out.printf(
          Locale.ROOT,
          "| %s: the daemon's CPU | ms a peer (load average %.1f to %.1f) | %.1f | |%n",
          among,
          load,
          load(),
          cpu / 1e6 / count);
    }

    /** What flannel takes with as many nodes, in a run of its own. */
    private String flannel() {
      return peers < 5000 ? "flannel: 1.8 / 2.6 / 8.2" : "flannel: 2.1 / 3.6 / 8.6";
    }

    /** One more, told to the daemon and, once it is there, to the loop. */
    private void one(Times ofDaemonTimes, Times ofLoopTimes) throws Exception {
      int number = next++;
      String subnet = subnet(number, number - peers);
      ofDaemonTimes.add(sent(SUBNETS, number, subnet, ofDaemon), ofDaemon);
      ofLoopTimes.add(sent(BARE, number, subnet, ofLoop), ofLoop);
    }

    private long sent(String path, int number, String subnet, Notifications seen) throws Exception {
      long at = server.tell(path, subnet);
      if (!seen.await(block(number), ARRIVED)) {
        throw new IllegalStateException(path + " " + number + " did not come");
      }
      return at;
    }

    private static void row(String what, List<Double> times, String goal) {
      List<Double> sorted = times.stream().sorted().toList();
      System.out.printf(
          Locale.ROOT,
          "| %s | ms, median / p90 / p99 | %.1f / %.1f / %.1f (n = %d) | %s |%n",
          what,
          quantile(sorted, 0.5),
          quantile(sorted, 0.9),
          quantile(sorted, 0.99),
          sorted.size(),
          goal);
    }

    private static double quantile(List<Double> sorted, double quantile) {
      return sorted.get((int) Math.ceil(quantile * sorted.size()) - 1);
    }

    private static double load() throws IOException {
      return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    }

    /** Of all threads there are. */
    private long cpuNanos() throws IOException {
      long sum = 0;
      try (Stream<Path> threads = Files.list(Path.of("/proc", "" + daemon.pid(), "task"))) {
        for (Path thread : threads.toList()) {
          sum += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
        }
      }
      return sum;
    }

    @Override
    public void close() throws Exception {
      daemon.destroy();
      daemon.waitFor();
      server.close();
      loop.close();
      ofDaemon.monitor.close();
      ofLoop.monitor.close();
      node.close();
      bare.close();
    }
  }
}
