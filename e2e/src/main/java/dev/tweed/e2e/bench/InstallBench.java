package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** From {@code helm install} on running nodes to Ready nodes and the first ping between pods. */
final class InstallBench {
  /** The second pool is for the peers of {@link ScaleBench}, whose Nodes are not this network's. */
  static final String VALUES =
      """
      podNetwork:
        create: true
        spec:
          pools:
          - {cidr: 10.244.0.0/16, nodePrefixLength: 24}
          - {cidr: 10.64.0.0/12, nodePrefixLength: 24}
          nodeSelector:
            matchExpressions:
            - {key: tweed.dev/paper, operator: DoesNotExist}
      """;

  private final TestCluster cluster;
  private final Installation tweed;

  InstallBench(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  List<Row> run() {
    try (ProbeNamespace probes = ProbeNamespace.create(cluster, "install-bench")) {
      // The pods wait for the network, as a user's do.
      probes.request("a", "n1");
      probes.request("b", "n2");
      long began = System.nanoTime();
      tweed.helmInstall(VALUES);
      String installed = seconds(began);
      org.awaitility.Awaitility.await("all Nodes Ready")
          .atMost(Duration.ofSeconds(120))
          .pollInterval(Duration.ofMillis(50))
          .until(tweed::allNodesReady);
      String ready = seconds(began);
      ProbePod a = probes.started("a");
      ProbePod b = probes.started("b");
      a.ping(b.address(), 56).text();
      String pinged = seconds(began);
      tweed.awaitReady(Duration.ofSeconds(60));
      return List.of(
          new Row("helm install returns", "s", installed, ""),
          new Row("helm install to all 3 nodes Ready", "s", ready, ""),
          new Row("helm install to first ping between pods that waited", "s", pinged, ""));
    }
  }

  private static String seconds(long began) {
    return String.format(Locale.ROOT, "%.1f", (System.nanoTime() - began) / 1e9);
  }
}
