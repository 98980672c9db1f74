package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What operator and daemons cost while nothing happens. */
final class RestBench {
  /**
   * Two of the daemon's audits and more: its heap is what lives in it, and nothing is compiled any
   * more.
   */
  private static final Duration SETTLE = Duration.ofSeconds(150);

  /** Two audits. */
  private static final Duration WINDOW = Duration.ofSeconds(120);

  private final TestCluster cluster;
  private final Installation tweed;

  RestBench(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  List<Row> run(String with) throws InterruptedException {
    Thread.sleep(SETTLE);
    ProcessFigures daemon = new ProcessFigures(cluster.machine("n1"), Installation.DAEMON_PROCESS);
    double cpu = daemon.processorPercent(WINDOW);
    return List.of(
        new Row(
            "daemon RSS, " + with,
            "MiB",
            ProcessFigures.mebibytes(daemon.residentMebibytes()),
            with.startsWith("2 ") ? "< 90" : "< 95"),
        new Row(
            "daemon CPU at rest, " + with,
            "% of a core",
            String.format(Locale.ROOT, "%.2f", cpu),
            "< 0.2"));
  }

  Row operator() {
    String node = tweed.operatorPods().getFirst().getSpec().getNodeName();
    Machine machine = cluster.machine(node);
    return new Row(
        "operator RSS",
        "MiB",
        ProcessFigures.mebibytes(
            new ProcessFigures(machine, Installation.OPERATOR_PROCESS).residentMebibytes()),
        "");
  }
}
