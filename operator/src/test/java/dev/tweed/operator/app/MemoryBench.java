package dev.tweed.operator.app;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.operator.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the packaged operator holds of memory, in a container of the chart's default limit as far as
 * its heap is concerned: while it gives many nodes their blocks, when their daemons have reported,
 * and after a start that finds all of it. A real API server on the same machine; the daemons are
 * played. Argument: nodes, by default 5000. Needs the properties tweed.operatorApp and
 * tweed.repository. Not a test: numbers belong to a machine.
 */
final class MemoryBench {
  private static final Map<String, String> LIMIT = Map.of("TWEED_JAVA_OPTS", "-XX:MaxRAM=512m");
  private static final Duration REST = Duration.ofSeconds(30);

  private MemoryBench() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int nodes = args.length > 0 ? Integer.parseInt(args[0]) : 5_000;
    // The HTTP client leaves threads behind that are no daemons.
    try (ApiServer server = ApiServer.start()) {
      run(server, nodes);
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      System.exit(1);
    }
    System.exit(0);
  }

  private static void run(ApiServer server, int nodes) throws IOException, InterruptedException {
    TestCluster cluster = new TestCluster(server.admin());
    cluster.clear();
    cluster.nodes(0, nodes);
    Path kubeconfig = ChartIdentity.kubeconfig(server);
    try (OperatorProcess operator = OperatorProcess.start(kubeconfig, LIMIT)) {
      // 32,768 blocks, and neither a Node's address nor the ServiceCIDR.
      cluster.network("default", TestCluster.pool("10.128.0.0/9", 24));
      List<NodeSubnet> subnets = cluster.subnets();
      while (subnets.size() < nodes) {
        Thread.sleep(Duration.ofSeconds(1));
        subnets = cluster.subnets();
      }
      tell(operator, nodes + " nodes have blocks");
      cluster.daemonsReady(subnets);
      tell(operator, "all have reported");
      Thread.sleep(REST);
      tell(operator, "at rest");
    }
    try (OperatorProcess operator = OperatorProcess.start(kubeconfig, LIMIT)) {
      while (operator.get("/q/health/ready").status() != 200) {
        Thread.sleep(Duration.ofSeconds(1));
      }
      tell(operator, "started anew");
      Thread.sleep(REST);
      tell(operator, "at rest");
    }
  }

  private static void tell(OperatorProcess operator, String when) throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/" + operator.pid() + "/status"));
    System.out.printf(
        "%s: %d MiB, at most %d%n", when, mebibytes(status, "VmRSS:"), mebibytes(status, "VmHWM:"));
  }

  private static long mebibytes(List<String> status, String key) {
    return status.stream()
            .filter(line -> line.startsWith(key))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        / 1_024;
  }
}
