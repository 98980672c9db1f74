package dev.tweed.e2e.fanout;

import dev.tweed.agent.api.ApiAccess;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.dataplane.ClusterSnapshot;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real API server with the packaged operator, as the image starts it, and light daemons. Both by
 * the identities and roles of the chart; kubelets and people are played.
 */
final class FanoutCluster implements AutoCloseable {
  /** The longest that a figure of a report waits: twice ReportPacer's ten minutes. */
  private static final Duration LONGEST_FIGURES = Duration.ofMinutes(20);

  static final String NAMESPACE = "tweed-system";
  static final String LEASES = "tweed-node-lease";

  /**
   * Of the chart: who operator and daemons are, what they may, and what the API server owes them.
   */
  private static final Set<String> IDENTITIES =
      Set.of(
          "Namespace",
          "ServiceAccount",
          "ClusterRole",
          "ClusterRoleBinding",
          "Role",
          "RoleBinding",
          "PriorityLevelConfiguration",
          "FlowSchema");

  /** When which daemon first knew the block of a node, by System.nanoTime. */
  private record Spread(String node, Map<String, Long> knownAt) {}

  private final Path repository;
  private final List<String> before;
  private final Path work;
  private final ApiServer server;
  private final KubernetesClient client;
  private final ApiAccess daemonAccess;
  private final ExecutorService syncs = Executors.newFixedThreadPool(2);
  private final Map<String, LightDaemon> daemons = new ConcurrentHashMap<>();
  private final AtomicLong ahead = new AtomicLong();
  private volatile Optional<Spread> spread = Optional.empty();
  private final AtomicInteger operatorEnds = new AtomicInteger();
  private volatile Optional<Process> operator = Optional.empty();

  /**
   * Prepares a server; neither operator nor daemons run yet.
   *
   * @param repository whose manifests and packaged operator are used
   * @param server is not closed with this
   * @param before words before the operator's command line, as those of taskset; may be none
   */
  FanoutCluster(ApiServer server, Path repository, List<String> before) throws IOException {
    this.before = before;
    this.repository = repository;
    this.server = server;
    this.client =
        new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(server.config()).withRequestTimeout(60_000).build())
            .build();
    this.work = Files.createTempDirectory("tweed-fanout");
    try (InputStream yaml = Files.newInputStream(repository.resolve("helm/manifests/tweed.yaml"))) {
      for (HasMetadata object : client.load(yaml).items()) {
        if (IDENTITIES.contains(object.getKind())) {
          client.resource(object).forceConflicts().serverSideApply();
        }
      }
    }
    Path account = Files.createDirectory(work.resolve("account"));
    Files.writeString(account.resolve("token"), token("tweed-node"));
    Files.write(account.resolve("ca.crt"), authority(server.config()));
    this.daemonAccess =
        new ApiAccess(Optional.empty(), Optional.of(server.config().getMasterUrl()), account);
  }

  /** The operator of a repository, if it has been packaged there. */
  static Optional<Path> operatorApp(Path repository) {
    return Optional.of(repository.resolve("operator/target/quarkus-app"))
        .filter(app -> Files.exists(app.resolve("quarkus-run.jar")));
  }

  // Maven builds it for nobody who asks for the tests here alone.
  private static IllegalStateException notPackaged() {
    return new IllegalStateException(
        "operator/target/quarkus-app is missing; package the operator first: ./dev build");
  }

  private static byte[] authority(Config config) throws IOException {
    return config.getCaCertData() == null
        ? Files.readAllBytes(Path.of(config.getCaCertFile()))
        : Base64.getDecoder().decode(config.getCaCertData());
  }

  private String token(String serviceAccount) {
    return client
        .serviceAccounts()
        .inNamespace(NAMESPACE)
        .withName(serviceAccount)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withExpirationSeconds(Duration.ofHours(6).toSeconds())
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }

  /** As an administrator. */
  KubernetesClient client() {
    return client;
  }

  Traffic traffic() {
    return Traffic.read(client);
  }

  /** Starts the operator, and again whenever it ends by itself, as a kubelet would. */
  void startOperator() throws IOException {
    Process process = operatorProcess();
    operator = Optional.of(process);
    process
        .onExit()
        .thenAccept(
            ended -> {
              if (operator.equals(Optional.of(ended))) {
                operatorEnds.incrementAndGet();
                String log = operatorLog();
                System.err.printf(
                    "the operator has ended with %d; it says:%n%s%n",
                    ended.exitValue(), log.substring(Math.max(0, log.length() - 8_000)));
                try {
                  startOperator();
                } catch (IOException e) {
                  System.err.println("the operator has ended and does not start: " + e);
                }
              }
            });
  }

  /** How often it ended by itself. */
  int operatorEnds() {
    return operatorEnds.get();
  }

  private Process operatorProcess() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Path kubeconfig =
        Files.writeString(
            work.resolve("operator.conf"),
            """
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
            - {name: test, cluster: {server: "%s", insecure-skip-tls-verify: true}}
            users:
            - {name: operator, user: {token: %s}}
            contexts:
            - {name: test, context: {cluster: test, user: operator}}
            """
                .formatted(server.config().getMasterUrl(), token("tweed-operator")));
    List<String> command = new ArrayList<>(before);
    command.add("/bin/sh");
    command.add(repository.resolve("operator/src/main/docker/tweed-operator").toString());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(work.resolve("operator.log").toFile()));
    builder
        .environment()
        .putAll(
            Map.of(
                "TWEED_HOME",
                    operatorApp(repository).orElseThrow(FanoutCluster::notPackaged).toString(),
                "TWEED_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "KUBECONFIG", kubeconfig.toString(),
                "POD_NAMESPACE", NAMESPACE,
                "TWEED_LEASE_NAMESPACE", LEASES,
                "QUARKUS_HTTP_PORT", Integer.toString(port)));
    return builder.start();
  }

  /** SIGKILL: its Lease has to run out before the next one works. */
  void killOperator() throws InterruptedException {
    Process process = operator.orElseThrow();
    operator = Optional.empty();
    process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
  }

  String operatorLog() {
    try {
      return Files.readString(work.resolve("operator.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  PodNetwork network(String cidr, int nodePrefixLength) {
    PodNetwork network = new PodNetwork();
    network.getMetadata().setName("default");
    network.setSpec(
        PodNetworkSpec.ofPools(List.of(new PodNetworkSpec.Pool(cidr, nodePrefixLength, null))));
    return client.resource(network).create();
  }

  static String name(int number) {
    return "node-%04d".formatted(number);
  }

  /** As a kubelet does that registers its Node. */
  void node(int number) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name(number))
                .addToLabels("topology.kubernetes.io/zone", "zone-" + number % 3)
                .endMetadata()
                .withNewStatus()
                .addNewAddress()
                .withType("InternalIP")
                .withAddress("192.0.%d.%d".formatted(number / 250, number % 250 + 1))
                .endAddress()
                .endStatus()
                .build())
        .create();
  }

  LightDaemon daemon(int number) {
    String name = name(number);
    LightDaemon daemon =
        new LightDaemon(
            name,
            daemonAccess,
            LEASES,
            work.resolve(name),
            syncs,
            () -> System.nanoTime() + ahead.get(),
            this::programmed);
    daemons.put(name, daemon);
    return daemon;
  }

  /** Lets the time go on by which daemons pace their status. */
  void advance(Duration by) {
    ahead.addAndGet(by.toNanos());
  }

  /** Waits until nothing but Leases has been written for so long, figures of reports included. */
  void awaitFigures(Duration quiet, Duration limit) throws InterruptedException {
    advance(LONGEST_FIGURES);
    daemons.values().forEach(LightDaemon::look);
    awaitQuiet(quiet, limit);
  }

  Map<String, LightDaemon> daemons() {
    return daemons;
  }

  private void programmed(LightDaemon daemon, ClusterSnapshot snapshot) {
    spread
        .filter(s -> !s.knownAt.containsKey(daemon.node()))
        .filter(s -> LightDaemon.knows(snapshot, s.node))
        .ifPresent(s -> s.knownAt.put(daemon.node(), System.nanoTime()));
  }

  /**
   * Has a node join, with its daemon.
   *
   * @return milliseconds from its creation until each of the daemons knew its block, in order
   */
  List<Double> join(int number) throws InterruptedException {
    Spread joining = new Spread(name(number), new ConcurrentHashMap<>());
    spread = Optional.of(joining);
    long begin = System.nanoTime();
    node(number);
    daemon(number);
    await(
        "all daemons know " + joining.node,
        Duration.ofMinutes(5),
        () -> joining.knownAt.size() == daemons.size());
    spread = Optional.empty();
    return joining.knownAt.values().stream().map(at -> (at - begin) / 1e6).sorted().toList();
  }

  void await(String what, Duration limit, BooleanSupplier done) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    // Looking costs the API server something too.
    for (long pause = 20; !done.getAsBoolean(); pause = Math.min(1_000, pause * 3 / 2)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "not within %s: %s; the operator says:%n%s".formatted(limit, what, operatorLog()));
      }
      Thread.sleep(pause);
    }
  }

  /** Waits until nothing but Leases has been written for so long. */
  void awaitQuiet(Duration quiet, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    Map<String, Long> seen = traffic().writes();
    long since = System.nanoTime();
    while (System.nanoTime() - since < quiet.toNanos()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("still written after %s: %s".formatted(limit, seen));
      }
      Thread.sleep(quiet.dividedBy(10));
      Map<String, Long> now = traffic().writes();
      if (!now.equals(seen)) {
        seen = now;
        since = System.nanoTime();
      }
    }
  }

  /** resourceVersion of each NodeReport. */
  Map<String, String> reportVersions() {
    return client.resources(NodeReport.class).list().getItems().stream()
        .collect(
            Collectors.toMap(
                r -> r.getMetadata().getName(), r -> r.getMetadata().getResourceVersion()));
  }

  /** Reports that say Ready, and what they would have to. */
  boolean allReady() {
    List<NodeReport> reports = client.resources(NodeReport.class).list().getItems();
    return reports.size() == daemons.size() && reports.stream().allMatch(FanoutCluster::isReady);
  }

  private static boolean isReady(NodeReport report) {
    return report.getStatus() != null
        && report.getStatus().conditions().stream()
            .anyMatch(c -> c.type().equals("Ready") && c.status().equals("True"));
  }

  /** Bytes of all NodeSubnets as they are sent. */
  long subnetBytes() {
    return client.raw("/apis/tweed.dev/v1alpha1/nodesubnets").length();
  }

  @Override
  public void close() {
    Optional<Process> last = operator;
    operator = Optional.empty();
    last.ifPresent(Process::destroyForcibly);
    try (ExecutorService closing = Executors.newVirtualThreadPerTaskExecutor()) {
      daemons.values().forEach(daemon -> closing.submit(daemon::close));
    }
    syncs.shutdownNow();
    client.close();
    try (Stream<Path> files = Files.walk(work)) {
      files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(java.io.File::delete);
    } catch (IOException e) {
      System.err.println(work + " is left: " + e);
    }
  }
}
