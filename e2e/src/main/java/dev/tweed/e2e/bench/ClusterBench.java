package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.BedSettings;
import dev.tweed.e2e.bed.ClusterPlan;
import dev.tweed.e2e.bed.Evidence;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.logging.LogManager;

/** Runs the benchmarks one after the other on one fresh cluster and writes their table. */
public final class ClusterBench {
  private static final int PEERS = 1000;
  private static final Set<String> ALL =
      Set.of(
          "peers",
          "newpeer",
          "rules",
          "fanout",
          "fastpath",
          "policy",
          "daemon",
          "install",
          "rest",
          "path",
          "repair",
          "truth",
          "enforcement",
          "firewall",
          "scale",
          "allocate");

  private final List<Row> rows = new ArrayList<>();
  private final Set<String> wanted;

  private ClusterBench(Set<String> wanted) {
    this.wanted = wanted;
  }

  /**
   * Measures.
   *
   * @param arguments parts to run ({@code peers newpeer rules fanout fastpath policy daemon install
   *     rest path repair truth enforcement firewall scale allocate}); none is all. "install"
   *     happens with every other but the first seven, since they need it
   */
  public static void main(String[] arguments) throws IOException {
    try (InputStream config = ClusterBench.class.getResourceAsStream("/logging.properties")) {
      LogManager.getLogManager().readConfiguration(config);
    }
    Set<String> wanted = arguments.length == 0 ? ALL : Set.of(arguments);
    if (!ALL.containsAll(wanted)) {
      System.err.println("bench: say some of " + ALL + ", or nothing for all of them");
      System.exit(64);
    }
    BedSettings settings = BedSettings.fromSystemProperties();
    Path table = settings.workDirectory().resolve("bench.md");
    ClusterBench bench = new ClusterBench(wanted);
    try {
      bench.run(settings);
    } finally {
      Files.createDirectories(table.getParent());
      Files.writeString(table, Row.table(bench.rows));
      System.out.println(Row.table(bench.rows));
      System.err.println("Table: " + table);
    }
  }

  private void run(BedSettings settings) {
    if (wanted.contains("peers")) {
      ModuleBench modules = new ModuleBench(settings.chart().getParent());
      measure("peers into the kernel", modules::peers);
      measure("whole syncs", modules::syncs);
    }
    if (wanted.contains("newpeer")) {
      measure("a new peer, one daemon", new ModuleBench(settings.chart().getParent())::newPeer);
    }
    if (wanted.contains("rules")) {
      measure(
          "rules into firewalls",
          new FirewallModuleBench(new ModuleBench(settings.chart().getParent()))::run);
    }
    if (wanted.contains("fanout")) {
      measure("what nodes cost each other", new ModuleBench(settings.chart().getParent())::fanout);
    }
    if (wanted.contains("fastpath")) {
      measure("the fast path", new ModuleBench(settings.chart().getParent())::fastPath);
    }
    if (wanted.contains("policy")) {
      measure("network policies", new ModuleBench(settings.chart().getParent())::policy);
    }
    if (wanted.contains("daemon")) {
      measure("the daemon alone at rest", new ModuleBench(settings.chart().getParent())::daemon);
    }
    if (Set.of("peers", "newpeer", "rules", "fanout", "fastpath", "policy", "daemon")
        .containsAll(wanted)) {
      return;
    }
    System.err.println("Starting a control plane and three nodes");
    try (TestCluster cluster = TestCluster.start(settings, ClusterPlan.test(settings, 3))) {
      try {
        run(cluster);
      } catch (RuntimeException e) {
        Path dump = settings.workDirectory().resolve("bench-dump");
        new Evidence(cluster).writeTo(dump);
        throw new BedException("the benchmark has failed; state of the cluster: " + dump, e);
      }
    }
  }

  private void run(TestCluster cluster) {
    Installation tweed = new Installation(cluster);
    measure("helm install to first ping", new InstallBench(cluster, tweed)::run);
    RestBench rest = new RestBench(cluster, tweed);
    if (wanted.contains("rest")) {
      measure("operator and daemon at rest", () -> rest.run("2 peers"));
      measure("operator", () -> List.of(rest.operator()));
    }
    if (wanted.contains("path")) {
      measure("pod to pod against a hand-made VXLAN", new PathBench(cluster, "")::run);
    }
    if (wanted.contains("rest") || wanted.contains("path")) {
      withFastPath(cluster, rest);
    }
    if (wanted.contains("repair")) {
      measure("repairs, 2 peers", () -> new RepairBench(cluster, tweed).run(2));
    }
    if (wanted.contains("truth")) {
      measure("faults of the way to what the report says", new TruthBench(cluster, tweed)::run);
    }
    if (wanted.contains("enforcement")) {
      measure(
          "network policies on the cluster",
          new EnforcementBench(cluster, tweed, Clock.systemUTC())::run);
    }
    if (wanted.contains("firewall")) {
      measure("repairs of firewalls", new FirewallBench(cluster, tweed)::run);
    }
    ScaleBench scale = new ScaleBench(cluster, tweed);
    if (wanted.contains("allocate")) {
      measure("allocation for 1,000 nodes", () -> List.of(scale.allocation(PEERS)));
    }
    if (wanted.contains("scale")) {
      tweed.scaleOperator(0);
      measure(
          "a new peer among 1,000",
          () -> {
            scale.createPeers(0, PEERS);
            scale.awaitRoutes(PEERS);
            return List.of(scale.onePeer(PEERS, 30));
          });
      measure("daemon at rest, 1,000 peers", () -> rest.run(PEERS + " peers"));
      measure("repairs, 1,000 peers", () -> new RepairBench(cluster, tweed).run(PEERS));
    }
  }

  private void withFastPath(TestCluster cluster, RestBench rest) {
    Installation fast = new Installation(cluster, /* fastPath= */ true);
    fast.helmInstall(InstallBench.VALUES);
    fast.awaitFastPath("On", Duration.ofSeconds(90));
    if (wanted.contains("rest")) {
      measure("daemon at rest with the fast path", () -> rest.run("2 peers, fast path"));
    }
    if (wanted.contains("path")) {
      measure(
          "pod to pod by the fast path against a hand-made VXLAN",
          new PathBench(cluster, " by the fast path")::run);
    }
    Installation ordinary = new Installation(cluster);
    ordinary.helmInstall(InstallBench.VALUES);
    ordinary.awaitFastPath("Off", Duration.ofSeconds(90));
  }

  private void measure(String what, Callable<List<Row>> part) {
    System.err.println("Measuring: " + what);
    List<Row> measured;
    try {
      measured = part.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new BedException(what + " could not be measured", e);
    }
    rows.addAll(measured);
    measured.forEach(
        row -> System.err.println("  " + row.what() + ": " + row.result() + " " + row.unit()));
  }
}
