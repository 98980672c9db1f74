package dev.tweed.e2e.fanout;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What nodes that join, rest, reboot at once, and an operator that ends meanwhile cost the API
 * server and every other daemon: {@link FanoutCluster} with many light daemons. Prints a table.
 * Arguments: daemons (by default 1000) and joins measured one by one (20). Each daemon takes some
 * ten threads and seven connections. Not a test: timings belong to a machine.
 */
final class FanoutBench {
  private static final Duration LONG = Duration.ofMinutes(20);

  /** Longer than a daemon's report may wait. */
  private static final Duration QUIET = Duration.ofSeconds(12);

  private static final Duration REST = Duration.ofMinutes(2);
  private static final int AT_ONCE = 300;

  /** What daemons watch. */
  private static final Set<String> DELIVERED =
      Set.of("podnetworks", "nodesubnets", "firewallpolicies");

  /** Cores, as taskset has them. */
  private static final String CONTROL_PLANE = "0";

  private static final String DAEMONS = "1";

  private static final Logger LOGS = Logger.getLogger("");

  private final FanoutCluster cluster;
  private final int size;

  private FanoutBench(FanoutCluster cluster, int size) {
    this.cluster = cluster;
    this.size = size;
  }

  public static void main(String[] args) throws Exception {
    int size = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int joins = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    LOGS.setLevel(Level.SEVERE);
    try (ApiServer server = ApiServer.start();
        FanoutCluster cluster =
            new FanoutCluster(
                server, Path.of("..").toRealPath(), List.of("taskset", "-c", CONTROL_PLANE))) {
      divideCores();
      cluster.startOperator();
      cluster.network("10.128.0.0/10", 24);
      FanoutBench bench = new FanoutBench(cluster, size);
      bench.rollout();
      bench.joins(joins);
      bench.rest();
      bench.reboots();
      bench.operatorEnds();
      row("operator ended by itself", "times", Integer.toString(cluster.operatorEnds()), "0");
    }
    // The HTTP client leaves threads behind that are no daemons.
    System.exit(0);
  }

  /**
   * Daemons, which are machines of their own elsewhere, take nothing of what API server, etcd and
   * operator have.
   */
  private static void divideCores() throws IOException, InterruptedException {
    ProcessHandle self = ProcessHandle.current();
    for (ProcessHandle child : self.descendants().toList()) {
      bind(child, CONTROL_PLANE);
    }
    bind(self, DAEMONS);
  }

  private static void bind(ProcessHandle process, String cores)
      throws IOException, InterruptedException {
    new ProcessBuilder("taskset", "-apc", cores, Long.toString(process.pid()))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
        .waitFor();
  }

  /** Nodes and their daemons come, as many at once as the machine makes of it. */
  private void rollout() throws Exception {
    Traffic before = cluster.traffic();
    long begin = System.nanoTime();
    startAll(IntStream.range(0, size).boxed().toList(), true);
    awaitAllKnow(size);
    double seconds = seconds(begin);
    cluster.await("all are ready", LONG, cluster::allReady);
    cluster.awaitFigures(QUIET, LONG);
    Traffic cost = cluster.traffic().since(before);
    String what = "rollout of %,d nodes: ".formatted(size);
    row(what + "all daemons know all blocks", "s", "%.1f".formatted(seconds), "");
    processor(what, cost);
    long subnets = cluster.subnetBytes();
    row(
        what + "bytes to each daemon, by what the NodeSubnets weigh",
        "times %,d kB".formatted(subnets / 1_000),
        "%.2f (%s)".formatted((double) delivered(cost) / size / subnets, parts(cost, subnets)),
        "<= 1.2");
    row(
        what + "watch events to each daemon",
        "each node",
        "%.2f".formatted((double) Traffic.sum(cost.events(), DELIVERED::contains) / size / size),
        "");
    writes(what + "writes", cost, size);
  }

  /** One after the other, each when all that came of the last is written. */
  private void joins(int count) throws InterruptedException {
    List<Double> toEach = new ArrayList<>();
    List<Double> toLast = new ArrayList<>();
    Map<String, String> reports = cluster.reportVersions();
    long others = 0;
    Traffic before = cluster.traffic();
    for (int i = 0; i < count; i++) {
      List<Double> times = cluster.join(size + i);
      toEach.addAll(times);
      toLast.add(times.getLast());
      cluster.await("all are ready", LONG, cluster::allReady);
      Thread.sleep(QUIET);
      Map<String, String> now = cluster.reportVersions();
      others +=
          reports.entrySet().stream()
              .filter(r -> !now.get(r.getKey()).equals(r.getValue()))
              .count();
      reports = now;
    }
    Traffic cost = cluster.traffic().since(before);
    int daemons = cluster.daemons().size();
    String what = "one more among %,d: ".formatted(size);
    row(
        what + "Node created to a daemon that knows the block",
        "ms, median / p99 / max",
        spread(toEach),
        "");
    row(
        what + "Node created to all daemons that know it",
        "ms, median / p99 / max",
        spread(toLast),
        "");
    row(
        what + "bytes to each daemon, by what the NodeSubnet weighs",
        "times",
        "%.2f"
            .formatted(
                (double) delivered(cost) / count / daemons / (cluster.subnetBytes() / daemons)),
        "<= 1.2");
    row(
        what + "NodeReports of others written",
        "each join",
        "%.1f".formatted((double) others / count),
        "0");
    writes(what + "writes", cost, count);
  }

  private void rest() throws InterruptedException {
    cluster.awaitFigures(QUIET, LONG);
    Traffic before = cluster.traffic();
    Thread.sleep(REST);
    Traffic cost = cluster.traffic().since(before);
    double minutes = REST.toSeconds() / 60.0;
    int daemons = cluster.daemons().size();
    String what = "%,d daemons at rest: ".formatted(daemons);
    row(
        what + "writes but Leases",
        "a minute",
        "%.1f (%s)"
            .formatted(cost.writes(all -> true) / minutes, kinds(cost, none -> false, minutes)),
        "0");
    row(
        what + "Leases renewed",
        "a minute and daemon",
        "%.1f".formatted(cost.requests().getOrDefault("APPLY leases", 0L) / minutes / daemons),
        "");
    row(
        what + "API server",
        "% of a core",
        "%.1f".formatted(100 * cost.processor() / REST.toSeconds()),
        "");
    row(
        what + "bytes to each daemon",
        "B a minute",
        "%.0f".formatted(delivered(cost) / minutes / daemons),
        "");
  }

  /** Many daemons that end and come back at the same moment: all their lists at once. */
  private void reboots() throws Exception {
    int count = Math.min(AT_ONCE, size / 2);
    List<Integer> numbers = IntStream.range(0, count).boxed().toList();
    for (int number : numbers) {
      cluster.daemons().get(FanoutCluster.name(number)).close();
    }
    Traffic before = cluster.traffic();
    List<Double> times = startAll(numbers, false);
    cluster.await("all are ready", LONG, cluster::allReady);
    cluster.awaitFigures(QUIET, LONG);
    Traffic cost = cluster.traffic().since(before);
    String what = "%d of %,d reboot at once: ".formatted(count, cluster.daemons().size());
    row(what + "lists complete", "ms, median / p99 / max", spread(times), "");
    processor(what, cost);
    row(
        what + "sent in lists; refused with 429",
        "MB; requests",
        "%.0f; %d"
            .formatted(Traffic.sum(cost.listBytes(), DELIVERED::contains) / 1e6, cost.refused()),
        "");
    writes(what + "writes", cost, count);
  }

  /** The operator is killed when half of some Nodes have their blocks, and started again. */
  private void operatorEnds() throws Exception {
    int from = cluster.daemons().size();
    int count = Math.max(20, size / 10);
    Traffic before = cluster.traffic();
    long begin = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<Future<?>> nodes = new ArrayList<>();
      for (int number = from; number < from + count; number++) {
        int next = number;
        nodes.add(
            threads.submit(
                () -> {
                  cluster.node(next);
                  cluster.daemon(next);
                }));
      }
      cluster.await("half of the blocks", LONG, () -> blocks().size() >= from + count / 2);
      cluster.killOperator();
      cluster.startOperator();
      for (Future<?> node : nodes) {
        node.get();
      }
    }
    awaitAllKnow(from + count);
    double seconds = seconds(begin);
    cluster.await("all are ready", LONG, cluster::allReady);
    cluster.awaitFigures(QUIET, LONG);
    List<NodeSubnet> all = blocks();
    Set<String> owners = new HashSet<>();
    all.forEach(s -> owners.add(s.getSpec().nodeName()));
    String what = "%d join, operator killed on the way: ".formatted(count);
    row(what + "all daemons know all blocks", "s", "%.1f".formatted(seconds), "");
    row(
        what + "blocks for nodes; nodes",
        "",
        "%d; %d".formatted(all.size(), owners.size()),
        "equal");
    writes(what + "writes", cluster.traffic().since(before), count);
  }

  private List<NodeSubnet> blocks() {
    return cluster.client().resources(NodeSubnet.class).list().getItems();
  }

  /**
   * Starts daemons, with their Nodes or because the node is there already.
   *
   * @return milliseconds until the first lists of each were complete
   */
  private List<Double> startAll(List<Integer> numbers, boolean nodes) throws Exception {
    // A machine that boots shares nothing with others: all at once, where there are no Nodes to
    // make.
    int parallel = nodes ? 16 : numbers.size();
    List<Double> times = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(parallel)) {
      List<Future<Double>> starts = new ArrayList<>();
      for (int number : numbers) {
        starts.add(
            threads.submit(
                () -> {
                  long begin = System.nanoTime();
                  if (nodes) {
                    cluster.node(number);
                  }
                  LightDaemon daemon = cluster.daemon(number);
                  cluster.await("lists of " + daemon.node(), LONG, daemon::listed);
                  return seconds(begin) * 1_000;
                }));
      }
      for (Future<Double> start : starts) {
        times.add(start.get());
      }
    }
    return times;
  }

  private void awaitAllKnow(int blocks) throws InterruptedException {
    cluster.await(
        "all daemons know %d blocks".formatted(blocks),
        LONG,
        () ->
            cluster.daemons().size() == blocks
                && cluster.daemons().values().stream().allMatch(d -> d.blocksKnown() == blocks));
  }

  private static long delivered(Traffic cost) {
    return Traffic.sum(cost.eventBytes(), DELIVERED::contains)
        + Traffic.sum(cost.listBytes(), DELIVERED::contains);
  }

  private String parts(Traffic cost, long subnets) {
    List<String> parts = new ArrayList<>();
    for (String kind : List.of("nodesubnets", "podnetworks")) {
      parts.add(
          "%s: events %.2f, lists %.2f"
              .formatted(
                  kind,
                  (double) cost.eventBytes().getOrDefault(kind, 0L) / size / subnets,
                  (double) cost.listBytes().getOrDefault(kind, 0L) / size / subnets));
    }
    return String.join("; ", parts);
  }

  private static void processor(String what, Traffic cost) {
    row(what + "API server", "s of processor time", "%.1f".formatted(cost.processor()), "");
  }

  /** Writes for each node, without what a played kubelet writes and the daemon's own report. */
  private static void writes(String what, Traffic cost, int nodes) {
    Predicate<String> played = write -> Set.of("POST nodes", "PUT nodes/status").contains(write);
    Predicate<String> reports = "APPLY nodereports/status"::equals;
    row(
        what + " beside reports of daemons and Leases",
        "each node",
        "%.2f".formatted((double) cost.writes(played.or(reports).negate()) / nodes),
        "<= 5");
    row(
        what + " of reports by daemons",
        "each node",
        "%.2f".formatted((double) cost.writes(reports) / nodes),
        "");
    System.out.println("  " + what + ": " + kinds(cost, played, nodes));
  }

  /** Writes of each verb and kind, but some, the most first, by what there is of something. */
  private static String kinds(Traffic cost, Predicate<String> but, double by) {
    return cost.writes().entrySet().stream()
        .filter(write -> !but.test(write.getKey()))
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(write -> "%s %.2f".formatted(write.getKey(), write.getValue() / by))
        .collect(Collectors.joining(", "));
  }

  private static String spread(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return String.format(
        Locale.ROOT,
        "%.0f / %.0f / %.0f (n = %d)",
        sorted.get(sorted.size() / 2),
        sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1),
        sorted.getLast(),
        sorted.size());
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void row(String what, String unit, String result, String goal) {
    System.out.printf("| %s | %s | %s | %s |%n", what, unit, result, goal);
  }
}
