package dev.tweed.e2e.bench;

import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Machine;
import dev.tweed.e2e.bed.TestCluster;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/** Thousands of nodes that are only written down: what operator and daemons make of them. */
final class ScaleBench {
  private static final int WRITERS = 16;

  private final TestCluster cluster;
  private final Installation tweed;

  ScaleBench(TestCluster cluster, Installation tweed) {
    this.cluster = cluster;
    this.tweed = tweed;
  }

  /** Nodes exist already; a PodNetwork selects them: the time until each has its block. */
  Row allocation(int nodes) {
    each(nodes, this::createNode);
    int before = tweed.nodeSubnets().size();
    long began = System.nanoTime();
    tweed.apply(
        """
        apiVersion: tweed.dev/v1alpha1
        kind: PodNetwork
        metadata: {name: paper}
        spec:
          pools:
          - {cidr: 10.0.0.0/11, nodePrefixLength: 24}
          nodeSelector: {matchLabels: {tweed.dev/paper: "true"}}
        """);
    Awaitility.await(nodes + " blocks")
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> blocks() >= before + nodes);
    String seconds = String.format(Locale.ROOT, "%.1f", (System.nanoTime() - began) / 1e9);
    return new Row(
        "%,d nodes get their CIDRs".formatted(nodes), "s", seconds, nodes <= 1000 ? "< 3" : "< 10");
  }

  /**
   * Counted by the API server, not listed: reading thousands of objects would be part of the
   * measurement.
   */
  private long blocks() {
    String list =
        cluster.kubectl("get", "--raw", "/apis/tweed.dev/v1alpha1/nodesubnets?limit=1").text();
    Matcher remaining = Pattern.compile("\"remainingItemCount\":(\\d+)").matcher(list);
    return remaining.find() ? Long.parseLong(remaining.group(1)) + 1 : tweed.nodeSubnets().size();
  }

  void removeNodes(int nodes) {
    each(nodes, i -> client().nodes().withName(nodeName(i)).delete());
  }

  private void createNode(int i) {
    client()
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(nodeName(i))
                .addToLabels("tweed.dev/paper", "true")
                .endMetadata()
                .withNewSpec()
                .addNewTaint()
                .withKey("tweed.dev/paper")
                .withEffect("NoExecute")
                .endTaint()
                .endSpec()
                .build())
        .create();
    client()
        .nodes()
        .withName(nodeName(i))
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            """
            {"status": {"addresses": [{"type": "InternalIP", "address": "%s"}]}}
            """
                .formatted(underlay(i)));
  }

  private static String nodeName(int i) {
    return "paper-" + i;
  }

  private static String underlay(int i) {
    return "172.%d.%d.%d".formatted(20 + i / 62500, i / 250 % 250, 2 + i % 250);
  }

  /**
   * Peers of the network {@code default}, written straight into the API; the operator has to be
   * away, since it would delete blocks of Nodes that do not exist.
   */
  void createPeers(int from, int to) {
    eachFrom(from, to, this::createPeer);
  }

  private void createPeer(int i) {
    String cidr = "10.%d.%d.0/24".formatted(64 + i / 256, i % 256);
    NodeSubnet subnet = new NodeSubnet();
    subnet.setMetadata(new ObjectMetaBuilder().withName(cidr.replaceAll("[./]", "-")).build());
    subnet.setSpec(
        new NodeSubnetSpec(
            "default",
            "peer-" + i,
            "00000000-0000-0000-0000-%012x".formatted(i),
            cidr,
            List.of(underlay(i)),
            "02:64:00:00:%02x:%02x".formatted(i / 256, i % 256)));
    client().resource(subnet).create();
  }

  /**
   * Waits until the node has a route to every peer; what the daemon does is not slowed by looking.
   */
  void awaitRoutes(int peers) {
    Machine n1 = cluster.machine("n1");
    Awaitility.await(peers + " routes")
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .until(
            () ->
                Integer.parseInt(n1.shell("ip route show dev tweed.1 proto 116 | wc -l").text())
                    >= peers);
  }

  private static final Pattern STAMP = Pattern.compile("\\[(\\d{4}-\\d\\d-\\d\\dT[\\d:.]+)]");

  /**
   * One new block in the API to its route in the kernel. Machine and API server share one clock;
   * the route's time is the kernel's notification as {@code ip -ts monitor} prints it.
   */
  Row onePeer(int peers, int times) throws InterruptedException {
    Machine n1 = cluster.machine("n1");
    n1.start("/tmp/routes.log", "stdbuf -oL ip -ts monitor route");
    Thread.sleep(500);
    List<Double> milliseconds = new ArrayList<>();
    for (int i = peers; i < peers + times; i++) {
      Thread.sleep(200 + 37L * i % 100);
      Instant sent = Instant.now();
      createPeer(i);
      String cidr = "10.%d.%d.0/24".formatted(64 + i / 256, i % 256);
      Instant seen =
          Awaitility.await("route to " + cidr)
              .atMost(Duration.ofSeconds(20))
              .pollInterval(Duration.ofMillis(50))
              .until(() -> stampOf(n1, cidr), stamp -> stamp != null);
      milliseconds.add(Duration.between(sent, seen).toNanos() / 1e6);
    }
    n1.exec("pkill", "-f", "ip -ts monitor");
    return new Row(
        "new NodeSubnet (POST sent) to route in the kernel, %,d peers".formatted(peers),
        "ms, median / max",
        new Sample(milliseconds).medianAndMax(1),
        "<= 6 / 20");
  }

  /** null while there is none: Awaitility's way to say "not yet". */
  private static Instant stampOf(Machine machine, String cidr) {
    String text = machine.shell("grep -F '" + cidr + " ' /tmp/routes.log; true").text();
    Matcher stamp = STAMP.matcher(text);
    return stamp.find() ? LocalDateTime.parse(stamp.group(1)).toInstant(ZoneOffset.UTC) : null;
  }

  private void each(int count, IntConsumer work) {
    eachFrom(0, count, work);
  }

  private static void eachFrom(int from, int to, IntConsumer work) {
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      IntStream.range(from, to)
          .mapToObj(i -> writers.submit(() -> work.accept(i)))
          .toList()
          .forEach(
              done -> {
                try {
                  done.get();
                } catch (java.util.concurrent.ExecutionException e) {
                  throw new BedException("cannot be written", e);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                  throw new BedException("interrupted", e);
                }
              });
    }
  }

  private KubernetesClient client() {
    return cluster.client();
  }
}
