package dev.tweed.operator.bench;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.operator.cluster.OperatorCore;
import dev.tweed.operator.cluster.SubnetWriter;
import dev.tweed.operator.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.ContainerImageBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How long it takes from {@code kubectl apply} of a PodNetwork to the last NodeSubnet, as a watcher
 * sees it: a real API server and etcd on the same machine, Nodes of about 9 kB. Arguments: numbers
 * of Nodes, by default 1000 and 5000. With the property {@code tweed.kubeControllerManager}, path
 * of that program, its node-ipam controller does the same on the same server. Not a test: timings
 * belong to a machine.
 */
final class AllocationBench {
  private AllocationBench() {}

  public static void main(String[] args) throws InterruptedException {
    int[] sizes =
        args.length == 0
            ? new int[] {1_000, 5_000}
            : List.of(args).stream().mapToInt(Integer::parseInt).toArray();
    for (int size : sizes) {
      try (ApiServer server = ApiServer.start()) {
        run(server, size);
        Optional.ofNullable(System.getProperty("tweed.kubeControllerManager"))
            .ifPresent(program -> new ControllerManagerBench(server, Path.of(program)).run(size));
      }
    }
    // The HTTP client leaves threads behind that are no daemons.
    System.exit(0);
  }

  private static void run(ApiServer server, int size) throws InterruptedException {
    TestCluster cluster = new TestCluster(server.admin());
    cluster.clear();
    long start = System.nanoTime();
    cluster.nodes(0, size, AllocationBench::withImages);
    System.out.printf("%d Nodes made in %.1f s%n", size, seconds(start));
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(
                    new ConfigBuilder(server.config())
                        .withUserAgent(SubnetWriter.FIELD_MANAGER + "/bench")
                        .build())
                .build();
        OperatorCore operator =
            new OperatorCore(
                client,
                TestCluster.defaults("bench"),
                new SimpleMeterRegistry(),
                Clock.systemUTC(),
                System::nanoTime)) {
      start = System.nanoTime();
      operator.start();
      System.out.printf("caches filled in %.1f s%n", seconds(start));
      awaitReports(server, size);
      System.out.printf("NodeReports there after %.1f s%n", seconds(start));
      Counting counting = new Counting(new AtomicReference<>(new CountDownLatch(size)));
      try (var watch = server.admin().resources(NodeSubnet.class).inform(counting)) {
        Cpu before = Cpu.now();
        start = System.nanoTime();
        cluster.network("default", TestCluster.pool("10.128.0.0/10", 24));
        counting.await();
        System.out.printf("%d nodes have their CIDRs after %.2f s%n", size, seconds(start));
        System.out.println("processor time: " + Cpu.now().minus(before));
        check(cluster, size);
        for (int more = 0; more < 5; more++) {
          counting.left().set(new CountDownLatch(1));
          start = System.nanoTime();
          cluster.node(size + more);
          counting.await();
          System.out.printf("one node more: %.0f ms%n", seconds(start) * 1_000);
        }
      }
    }
  }

  private static void awaitReports(ApiServer server, int size) throws InterruptedException {
    while (server.admin().resources(dev.tweed.crds.NodeReport.class).list().getItems().size()
        < size) {
      Thread.sleep(Duration.ofMillis(200));
    }
  }

  private static void check(TestCluster cluster, int size) {
    List<NodeSubnet> subnets = cluster.subnets();
    Set<String> nodes =
        subnets.stream().map(s -> s.getSpec().nodeName()).collect(Collectors.toSet());
    if (subnets.size() != size || nodes.size() != size) {
      throw new IllegalStateException(subnets.size() + " NodeSubnets, " + nodes.size() + " nodes");
    }
  }

  static void withImages(io.fabric8.kubernetes.api.model.Node node) {
    node.getStatus()
        .setImages(
            IntStream.range(0, 50)
                .mapToObj(
                    i ->
                        new ContainerImageBuilder()
                            .withNames(
                                "registry.example.org/team/application-%02d@sha256:%064x"
                                    .formatted(i, i),
                                "registry.example.org/team/application-%02d:v1.2.3".formatted(i))
                            .withSizeBytes(100_000_000L + i)
                            .build())
                .toList());
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /**
   * Processor seconds of this process and its children: on a machine that does something else too
   * they say more than the clock.
   */
  private record Cpu(double self, double servers) {
    static Cpu now() {
      ProcessHandle self = ProcessHandle.current();
      return new Cpu(
          seconds(self), self.descendants().mapToDouble(AllocationBench.Cpu::seconds).sum());
    }

    private static double seconds(ProcessHandle process) {
      return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3;
    }

    Cpu minus(Cpu before) {
      return new Cpu(self - before.self, servers - before.servers);
    }

    @Override
    public String toString() {
      return "operator and watcher %.1f s, API server and etcd %.1f s".formatted(self, servers);
    }
  }

  private record Counting(AtomicReference<CountDownLatch> left)
      implements ResourceEventHandler<NodeSubnet> {
    void await() throws InterruptedException {
      if (!left.get().await(5, TimeUnit.MINUTES)) {
        throw new IllegalStateException(left.get().getCount() + " NodeSubnets are missing");
      }
    }

    @Override
    public void onAdd(NodeSubnet subnet) {
      left.get().countDown();
    }

    @Override
    public void onUpdate(NodeSubnet old, NodeSubnet now) {}

    @Override
    public void onDelete(NodeSubnet subnet, boolean unknownState) {}
  }
}
