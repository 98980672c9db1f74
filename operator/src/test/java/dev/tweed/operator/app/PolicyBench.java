package dev.tweed.operator.app;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.operator.cluster.TestCluster;
import dev.tweed.operator.policy.Policies;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * What many FirewallPolicies on many nodes cost the packaged operator: memory, time until the last
 * status is right, and how often statuses are written, which every daemon receives. A real API
 * server on the same machine; the daemons are played. Arguments: nodes and policies, by default
 * 1000 and 200. Needs the property tweed.operatorApp. Not a test: numbers belong to a machine.
 */
final class PolicyBench {
  private PolicyBench() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int nodes = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int policies = args.length > 1 ? Integer.parseInt(args[1]) : 200;
    try (ApiServer server = ApiServer.start()) {
      run(server, nodes, policies);
    }
    // The HTTP client leaves threads behind that are no daemons.
    System.exit(0);
  }

  private static void run(ApiServer server, int nodes, int policies)
      throws IOException, InterruptedException {
    KubernetesClient client = server.admin();
    TestCluster cluster = new TestCluster(client);
    cluster.clear();
    cluster.nodes(0, nodes);
    try (OperatorProcess operator =
        OperatorProcess.start(ChartIdentity.kubeconfig(server), Map.of())) {
      while (client.resources(NodeReport.class).list().getItems().size() < nodes) {
        Thread.sleep(Duration.ofMillis(500));
      }
      System.out.printf("%d nodes, no policy: %d MiB%n", nodes, rss(operator));
      AtomicInteger applied = new AtomicInteger();
      AtomicInteger written = new AtomicInteger();
      PolicyState[] states =
          IntStream.range(0, policies)
              .mapToObj(i -> Policies.applied(cluster.policy(name(i), Policies.from())))
              .toArray(PolicyState[]::new);
      try (var watch =
          client.resources(FirewallPolicy.class).inform(new Counting(applied, written))) {
        long start = System.nanoTime();
        NodeReportStatus report = Policies.report(0, states);
        parallel(nodes, i -> cluster.daemonReports("node-%04d".formatted(i), report));
        System.out.printf("all nodes have reported after %.1f s%n", seconds(start));
        long last = System.nanoTime();
        while (applied.get() < policies) {
          Thread.sleep(Duration.ofMillis(50));
        }
        System.out.printf(
            "%d policies in force on all nodes %.1f s later; %.1f statuses written of each%n",
            policies, seconds(last), (double) written.get() / policies);
      }
      System.out.printf("during: at most %d MiB; ", peak(operator));
      Thread.sleep(Duration.ofSeconds(20));
      System.out.printf("20 s later: %d MiB%n", rss(operator));
    }
  }

  private static String name(int policy) {
    return "policy-%03d".formatted(policy);
  }

  private static void parallel(int count, java.util.function.IntConsumer work) {
    Semaphore slots = new Semaphore(16);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        int number = i;
        slots.acquireUninterruptibly();
        threads.submit(
            () -> {
              try {
                work.accept(number);
              } finally {
                slots.release();
              }
            });
      }
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static long rss(OperatorProcess operator) throws IOException {
    return kilobytes(operator, "VmRSS:") / 1_024;
  }

  private static long peak(OperatorProcess operator) throws IOException {
    return kilobytes(operator, "VmHWM:") / 1_024;
  }

  private static long kilobytes(OperatorProcess operator, String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + operator.pid() + "/status")).stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private record Counting(AtomicInteger applied, AtomicInteger written)
      implements ResourceEventHandler<FirewallPolicy> {
    @Override
    public void onAdd(FirewallPolicy policy) {}

    @Override
    public void onUpdate(FirewallPolicy old, FirewallPolicy now) {
      written.incrementAndGet();
      boolean everywhere =
          now.getStatus().conditions().stream()
              .anyMatch(c -> c.reason().equals("AppliedEverywhere"));
      boolean before =
          old.getStatus() != null
              && old.getStatus().conditions().stream()
                  .anyMatch(c -> c.reason().equals("AppliedEverywhere"));
      if (everywhere && !before) {
        applied.incrementAndGet();
      }
    }

    @Override
    public void onDelete(FirewallPolicy policy, boolean unknownState) {}
  }
}
