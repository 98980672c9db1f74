package dev.tweed.operator.bench;

import dev.tweed.crds.testing.ApiServer;
import dev.tweed.operator.cluster.TestCluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The same as {@link AllocationBench} by the node-ipam controller of kube-controller-manager: Nodes
 * are there, it starts, and each gets a podCIDR. As it is by default, 20 requests a second, and as
 * fast as it can.
 */
record ControllerManagerBench(ApiServer server, Path program) {

  void run(int size) {
    for (int rate : new int[] {20, 100_000}) {
      if (rate > 20 || size <= 1_000) {
        run(size, rate);
      }
    }
  }

  private void run(int size, int rate) {
    TestCluster cluster = new TestCluster(server.admin());
    cluster.clear();
    cluster.nodes(0, size, AllocationBench::withImages);
    Counting counting = new Counting(ConcurrentHashMap.newKeySet(), new AtomicLong());
    Process process = null;
    try (var watch = server.admin().nodes().inform(counting)) {
      long start = System.nanoTime();
      process = start(rate);
      while (counting.nodes().size() < size) {
        if (!process.isAlive()) {
          throw new IllegalStateException("kube-controller-manager has ended");
        }
        Thread.sleep(Duration.ofMillis(10));
      }
      long now = System.nanoTime();
      System.out.printf(
          "kube-controller-manager, %d requests a second: %d nodes have their CIDRs %.2f s after"
              + " its start, %.2f s after the first%n",
          rate, size, (now - start) / 1e9, (now - counting.first().get()) / 1e9);
      for (int more = 0; more < 5; more++) {
        long begin = System.nanoTime();
        server
            .admin()
            .resource(
                new NodeBuilder()
                    .withNewMetadata()
                    .withName("one-more-" + more)
                    .endMetadata()
                    .build())
            .create();
        while (counting.nodes().size() < size + more + 1) {
          Thread.sleep(Duration.ofMillis(1));
        }
        System.out.printf("one node more: %.0f ms%n", (System.nanoTime() - begin) / 1e6);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private Process start(int rate) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--kubeconfig=" + server.kubeconfig(),
                "--controllers=node-ipam-controller",
                "--allocate-node-cidrs=true",
                "--cluster-cidr=10.128.0.0/10",
                "--node-cidr-mask-size=24",
                "--leader-elect=false",
                "--secure-port=0"));
    if (rate != 20) {
      command.add("--kube-api-qps=" + rate);
      command.add("--kube-api-burst=" + rate);
    }
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private record Counting(Set<String> nodes, AtomicLong first)
      implements ResourceEventHandler<Node> {
    @Override
    public void onAdd(Node node) {
      seen(node);
    }

    @Override
    public void onUpdate(Node old, Node now) {
      seen(now);
    }

    private void seen(Node node) {
      if (node.getSpec() != null && node.getSpec().getPodCIDR() != null) {
        first.compareAndSet(0, System.nanoTime());
        nodes.add(node.getMetadata().getName());
      }
    }

    @Override
    public void onDelete(Node node, boolean unknownState) {}
  }
}
