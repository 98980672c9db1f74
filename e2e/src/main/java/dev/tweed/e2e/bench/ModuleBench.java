package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Benchmarks that belong to one module and need no cluster: each runs in a JVM of its own with that
 * module's test class path, as {@code ./dev} has built it.
 */
final class ModuleBench {
  private static final Pattern WRITTEN = Pattern.compile("written in ([\\d.]+) ms");

  /** Peers, round, from nothing, one more. */
  private static final Pattern SYNC =
      Pattern.compile("(?m)^ *(\\d+) +(\\d+) +([\\d.]+) +([\\d.]+) ");

  /** A line as {@link Row#table} writes it. */
  private static final Pattern TABLE =
      Pattern.compile("(?m)^\\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\|$");

  private final Path root;

  /**
   * Prepares.
   *
   * @param root the repository
   */
  ModuleBench(Path root) {
    this.root = root;
  }

  /** FDB entry, neighbour and route of each peer into an empty network namespace. */
  List<Row> peers() {
    List<Row> rows = new ArrayList<>();
    for (int peers : List.of(1000, 5000)) {
      String output =
          run(
              "node-daemon/netlink",
              "dev.tweed.netlink.bench.PeerProgrammingBenchmark",
              Integer.toString(peers),
              "11");
      List<Double> times =
          WRITTEN.matcher(output).results().map(found -> Double.valueOf(found.group(1))).toList();
      rows.add(
          new Row(
              "%,d peers into an empty namespace, first (cold JVM)".formatted(peers),
              "ms",
              times.getFirst().toString(),
              ""));
      rows.add(
          new Row(
              "%,d peers into an empty namespace, warm".formatted(peers),
              "ms, median / max",
              new Sample(times.subList(1, times.size())).medianAndMax(0),
              "< 100 (5,000)"));
    }
    return rows;
  }

  /** Whole syncs of the data path: plan, program, verify; the last of some rounds is warm. */
  List<Row> syncs() {
    String output =
        run("node-daemon/dataplane", "dev.tweed.dataplane.bench.SyncBenchmark", "1000", "5000");
    List<Row> rows = new ArrayList<>();
    for (int peers : List.of(1000, 5000)) {
      List<MatchResult> rounds =
          SYNC.matcher(output)
              .results()
              .filter(round -> Integer.parseInt(round.group(1)) == peers)
              .toList();
      rows.add(
          row("sync of %,d peers from nothing".formatted(peers), rounds, 3, "< 3000 with start"));
      rows.add(row("sync of one more peer among %,d".formatted(peers), rounds, 4, ""));
    }
    return rows;
  }

  /** From the event of a new NodeSubnet to its route, one daemon alone. */
  List<Row> newPeer() {
    return rows(run("node-daemon/agent", "dev.tweed.agent.bench.NewPeerBenchmark"));
  }

  /** Many light daemons on a real API server with the packaged operator. */
  List<Row> fanout() {
    String daemons = Optional.ofNullable(System.getenv("TWEED_FANOUT_DAEMONS")).orElse("1000");
    return rows(run("e2e", "dev.tweed.e2e.fanout.FanoutBench", daemons));
  }

  /** CPU per packet and per round trip of the fast path, against VXLAN by hand in the same run. */
  List<Row> fastPath() {
    return rows(run("node-daemon/fastpath", "dev.tweed.fastpath.FastPathBenchmark"));
  }

  /** The daemon alone while nothing happens, by the number of other nodes. */
  List<Row> daemon() {
    return rows(run("node-daemon/agent", "dev.tweed.agent.bench.DaemonRestBench"));
  }

  /** What network policies cost: packets, pods that come, tables, and the operator. */
  List<Row> policy() {
    List<Row> rows = new ArrayList<>();
    for (String benchmark : List.of("PolicyBenchmark", "PodAddBenchmark", "PolicyTableBench")) {
      rows.addAll(rows(run("node-daemon/enforce", "dev.tweed.enforce.kernel." + benchmark)));
    }
    rows.addAll(rows(run("operator", "dev.tweed.operator.networkpolicy.PolicyIndexBench")));
    return rows;
  }

  private static List<Row> rows(String output) {
    return TABLE
        .matcher(output)
        .results()
        .map(row -> new Row(row.group(1), row.group(2), row.group(3), row.group(4)))
        .toList();
  }

  private static Row row(String what, List<MatchResult> rounds, int column, String goal) {
    List<Double> times = rounds.stream().map(round -> Double.valueOf(round.group(column))).toList();
    return new Row(what, "ms, median / max", new Sample(times).medianAndMax(1), goal);
  }

  /** Output of a main class of a module. */
  String run(String module, String main, String... arguments) {
    Path target = root.resolve(module).resolve("target");
    try {
      String classPath =
          target.resolve("test-classes")
              + ":"
              + target.resolve("classes")
              + ":"
              + Files.readString(target.resolve("test.classpath")).strip();
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  classPath,
                  main));
      command.addAll(List.of(arguments));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new BedException(main + " has failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new BedException(main + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BedException(main + ": interrupted", e);
    }
  }
}
