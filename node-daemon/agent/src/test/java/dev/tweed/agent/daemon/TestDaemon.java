package dev.tweed.agent.daemon;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.agent.command.TweedNode;
import dev.tweed.agent.firewall.LocalFirewallHost;
import dev.tweed.agent.policy.PolicyOptions;
import dev.tweed.agent.probe.PathTrace;
import dev.tweed.agent.probe.ProbeMeter;
import dev.tweed.agent.probe.Prober;
import dev.tweed.agent.probe.Reachability;
import dev.tweed.dataplane.ClusterSnapshot;
import dev.tweed.dataplane.DataPathOptions;
import dev.tweed.dataplane.Peer;
import dev.tweed.dataplane.SafePoints;
import dev.tweed.dataplane.SyncReport;
import dev.tweed.netlink.testing.Netns;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A daemon whose kernel is that of a network namespace, while its clients and probes stay outside,
 * where the API server is.
 */
final class TestDaemon implements AutoCloseable {
  /** Where it has its Lease. */
  static final String LEASES = "default";

  final Netns netns;
  final Path directory;
  private final String node;
  private final Path kubeconfig;
  private Optional<NodeDaemon> daemon = Optional.empty();
  private Optional<String> server = Optional.empty();
  private Optional<Path> hostRoot = Optional.empty();
  private String leases = LEASES;
  private InetSocketAddress http = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** The namespace gets an eth0 with 192.0.2.number. */
  TestDaemon(String node, int number, Path directory, Path kubeconfig) {
    this.node = node;
    this.directory = directory;
    this.kubeconfig = kubeconfig;
    this.netns = Netns.open();
    netns.sh("ip link add eth0 type veth peer name far && ip link set far up");
    netns.sh("ip link set eth0 up && ip addr add 192.0.2." + number + "/24 dev eth0");
    try {
      for (String name : new String[] {"run", "conf", "bin"}) {
        Files.createDirectories(directory.resolve(name));
      }
      for (String plugin : new String[] {"bridge", "host-local", "portmap", "loopback"}) {
        Path file = Files.writeString(directory.resolve("bin").resolve(plugin), "#!/bin/sh\n");
        file.toFile().setExecutable(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the daemon the host's files; those under this directory. */
  void withHostRoot(Path root) {
    hostRoot = Optional.of(root);
  }

  /** Has its Lease elsewhere. */
  void withLeasesIn(String namespace) {
    leases = namespace;
  }

  void start() throws IOException {
    DataPathOptions dataPath = DataPathOptions.defaults().withRunDir(run());
    daemon =
        Optional.of(
            NodeDaemon.start(
                new DaemonOptions(
                    node,
                    "test",
                    new ApiAccess(Optional.of(kubeconfig), server, directory.resolve("none")),
                    directory.resolve("conf"),
                    directory.resolve("bin"),
                    directory.resolve("bin"),
                    directory.resolve("plugins"),
                    directory.resolve("results"),
                    run(),
                    state(),
                    Optional.of(leases),
                    http,
                    false,
                    hostRoot,
                    dataPath,
                    PolicyOptions.DEFAULT),
                Map.of(),
                new KernelPath.Opener() {
                  @Override
                  public KernelPath open(Runnable onDrift) {
                    return inside(dataPath, onDrift);
                  }

                  @Override
                  public Prober prober(
                      PathTrace trace,
                      Optional<Reachability> earlier,
                      Consumer<Reachability> tell,
                      ProbeMeter meter,
                      Clock clock) {
                    return netns.call(
                        () -> KernelPath.Opener.super.prober(trace, earlier, tell, meter, clock));
                  }
                },
                new InsideFirewall(
                    netns,
                    new LocalFirewallHost(
                        hostRoot, List.of(), Path.of(dataPath.nft().getFirst()), run())),
                Clock.systemUTC()));
  }

  /** Answers probes there. */
  void startOn(InetSocketAddress address) throws IOException {
    http = address;
    start();
  }

  /** Reaches the API server by another way than the kubeconfig says. */
  void startBy(String url) throws IOException {
    server = Optional.of(url);
    start();
  }

  /** Runs a command of the command line in the namespace; its output, then its exit code. */
  String command(String... args) {
    StringWriter out = new StringWriter();
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--run-dir", run().toString()));
    all.addAll(List.of("--state-dir", state().toString()));
    all.addAll(List.of("--cni-conf-dir", directory.resolve("conf").toString()));
    all.addAll(List.of("--cni-bin-dir", directory.resolve("bin").toString()));
    int code =
        netns.call(() -> TweedNode.execute(new PrintWriter(out), all.toArray(String[]::new)));
    return out + "exit code " + code;
  }

  /**
   * Everything of Tweed's in the namespace's kernel, without what counts and runs. The trace comes
   * and goes with peers that are silent, as those here are.
   */
  String kernel() {
    return netns.sh(
        "ip -o link show type vxlan; ip -o link show type bridge; ip -4 -o addr; ip route;"
            + " bridge fdb show dev tweed.1; ip neigh show dev tweed.1;"
            + " nft list ruleset | sed '/^table inet tweed-trace /,/^}/d'");
  }

  void stop() {
    daemon.ifPresent(NodeDaemon::close);
    daemon = Optional.empty();
  }

  Path state() {
    return directory.resolve("state");
  }

  /** Waits for what the daemon ends for. */
  String end() {
    return daemon.orElseThrow().awaitEnd();
  }

  Path run() {
    return directory.resolve("run");
  }

  String routes() {
    return netns.exec("ip", "-4", "route", "show");
  }

  HttpResponse<String> get(String path) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      int port = daemon.orElseThrow().http().getPort();
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean ready() {
    return get("/readyz").statusCode() == 200;
  }

  @Override
  public void close() {
    stop();
    netns.close();
  }

  private KernelPath inside(DataPathOptions options, Runnable onDrift) {
    KernelPath path = netns.call(() -> KernelPath.real(options).open(onDrift));
    return new KernelPath() {
      @Override
      public SyncReport sync(ClusterSnapshot snapshot) {
        return netns.call(() -> path.sync(snapshot));
      }

      @Override
      public void begin() {
        path.begin();
      }

      @Override
      public SyncReport sync(ClusterSnapshot snapshot, SafePoints safePoints) {
        return netns.call(() -> path.sync(snapshot, safePoints));
      }

      @Override
      public boolean add(Peer peer) {
        return netns.call(() -> path.add(peer));
      }

      @Override
      public void close() {
        netns.call(
            () -> {
              path.close();
              return true;
            });
      }
    };
  }
}
