package dev.tweed.operator.cluster;

import static org.awaitility.Awaitility.await;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.FirewallPolicySpec;
import dev.tweed.crds.LabelSelector;
import dev.tweed.crds.MirroredLabels;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeReportStatus;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.testing.ApiServer;
import dev.tweed.crds.testing.PodNetworkSpecs;
import dev.tweed.operator.allocation.NodeAddresses;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.ledger.Allocator;
import dev.tweed.operator.ledger.ClaimWriter;
import dev.tweed.operator.ledger.ConfigMapLedgerStore;
import dev.tweed.operator.ledger.LedgerStore;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/** What tests do to a cluster that consists of an API server only: kubelets, daemons and people. */
public final class TestCluster {
  public static final String NAMESPACE = "tweed-system";

  private final KubernetesClient client;

  public TestCluster(KubernetesClient client) {
    this.client = client;
  }

  /** Removes everything of earlier tests. */
  public void clear() {
    client.resources(PodNetwork.class).delete();
    client.resources(FirewallPolicy.class).delete();
    client.resources(NodeSubnet.class).delete();
    client.resources(NodeReport.class).delete();
    client.nodes().delete();
    client.configMaps().inNamespace(NAMESPACE).withName(ConfigMapLedgerStore.NAME).delete();
    if (client.namespaces().withName(NAMESPACE).get() == null) {
      client
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
          .create();
    }
  }

  /** An administrator's client whose requests somebody sees, or changes. */
  static KubernetesClient client(ApiServer server, Interceptor interceptor) {
    return new KubernetesClientBuilder()
        .withConfig(server.config())
        .withHttpClientBuilderConsumer(b -> b.addOrReplaceInterceptor("test", interceptor))
        .build();
  }

  /** Caches that tell nobody of a change. */
  static ClusterCaches caches(KubernetesClient client) {
    return new ClusterCaches(
        client,
        () -> {},
        () -> {},
        new UnknownObjects((object, what) -> {}),
        new SteadyTime(Instant.EPOCH, System::nanoTime));
  }

  /** Calls that are never out of time, however slow the machine is. */
  static BoundedCalls calls(int bound) {
    return new BoundedCalls(
        new CongestionWindow(bound),
        BoundedCalls.RETRY_AFTER,
        new SteadyTime(Instant.EPOCH, () -> 0));
  }

  /** Settings whose release times a test can wait for. */
  public static OperatorSettings settings(String instance) {
    return settings(instance, Duration.ofSeconds(6), 1_000);
  }

  public static OperatorSettings settings(String instance, Duration quiet, int batch) {
    return settings(instance, Duration.ofSeconds(2), quiet, batch, 16);
  }

  /** The chart's defaults. */
  public static OperatorSettings defaults(String instance) {
    return settings(instance, Duration.ofMinutes(5), Allocator.QUIET, Allocator.BATCH, 16);
  }

  static OperatorSettings settings(
      String instance, Duration releaseAfter, Duration quiet, int batch, int parallelism) {
    return new OperatorSettings(
        NAMESPACE,
        Optional.empty(),
        instance,
        releaseAfter,
        quiet,
        batch,
        parallelism,
        MirroredLabels.ALWAYS,
        true);
  }

  static NodeFacts facts(String name, String uid) {
    return new NodeFacts(
        name, uid, Instant.EPOCH, Map.of(), NodeAddresses.of(List.of()), List.of(), "", 0);
  }

  /** Of the largest batches, where one clock is enough. */
  static Allocator allocator(
      LedgerStore store, ClaimWriter writer, Duration quiet, LongSupplier nanoTime) {
    return new Allocator(
        store,
        writer,
        quiet,
        Allocator.BATCH,
        nanoTime,
        () -> Instant.EPOCH.plusNanos(nanoTime.getAsLong()));
  }

  public PodNetwork network(String name, PodNetworkSpec.Pool... pools) {
    return network(name, PodNetworkSpec.Allocation.Operator, pools);
  }

  public PodNetwork network(
      String name, PodNetworkSpec.Allocation allocation, PodNetworkSpec.Pool... pools) {
    return network(name, allocation, LabelSelector.everything(), pools);
  }

  public PodNetwork network(String name, LabelSelector nodes, PodNetworkSpec.Pool... pools) {
    return network(name, PodNetworkSpec.Allocation.Operator, nodes, pools);
  }

  private PodNetwork network(
      String name,
      PodNetworkSpec.Allocation allocation,
      LabelSelector nodes,
      PodNetworkSpec.Pool... pools) {
    PodNetwork network = new PodNetwork();
    network.getMetadata().setName(name);
    network.setSpec(
        PodNetworkSpecs.with(
            PodNetworkSpecs.with(PodNetworkSpecs.of(pools), "allocation", allocation),
            "nodeSelector",
            nodes));
    return client.resource(network).create();
  }

  public static PodNetworkSpec.Pool pool(String cidr, int nodePrefixLength) {
    return new PodNetworkSpec.Pool(cidr, nodePrefixLength, null);
  }

  public void appendPool(String name, PodNetworkSpec.Pool pool) {
    client
        .resources(PodNetwork.class)
        .withName(name)
        .edit(
            n -> {
              PodNetworkSpec s = n.getSpec();
              List<PodNetworkSpec.Pool> pools = new ArrayList<>(s.pools());
              pools.add(pool);
              n.setSpec(PodNetworkSpecs.with(s, "pools", pools));
              return n;
            });
  }

  /** Sets an annotation of a PodNetwork to "true". */
  public void annotate(String network, String annotation) {
    client
        .resources(PodNetwork.class)
        .withName(network)
        .edit(
            n -> {
              n.getMetadata().setAnnotations(Map.of(annotation, "true"));
              return n;
            });
  }

  /** Registers Nodes as kubelets do. */
  public void nodes(int from, int to) {
    nodes(from, to, node -> {});
  }

  /** The same with a status that has more in it. */
  public void nodes(int from, int to, Consumer<Node> more) {
    parallel(to - from, i -> () -> node(from + i, more));
  }

  public Node node(int number) {
    return node(number, node -> {});
  }

  private Node node(int number, Consumer<Node> more) {
    return node(
        "node-%04d".formatted(number),
        Map.of("topology.kubernetes.io/zone", "zone-" + number % 3),
        "192.0.%d.%d".formatted(number / 250, number % 250 + 1),
        more);
  }

  public Node node(
      String name, Map<String, String> labels, String internalIP, Consumer<Node> more) {
    Node node =
        client
            .resource(
                new NodeBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withLabels(labels)
                    .endMetadata()
                    .build())
            .create();
    node.getStatus()
        .setAddresses(
            List.of(
                new NodeAddressBuilder().withType("InternalIP").withAddress(internalIP).build()));
    more.accept(node);
    return client.resource(node).updateStatus();
  }

  public List<NodeSubnet> subnets() {
    return client.resources(NodeSubnet.class).list().getItems();
  }

  public NodeSubnet subnetOf(String node) {
    return subnets().stream()
        .filter(s -> s.getSpec().nodeName().equals(node))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no NodeSubnet of " + node));
  }

  /** Says of a node's only NodeSubnet what its daemon says when the data path works. */
  public void daemonReady(NodeSubnet subnet) {
    String node = subnet.getSpec().nodeName();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.resources(NodeReport.class).withName(node).get() != null);
    daemonReports(
        node,
        Reports.programmed(
            subnet.getMetadata().getName(),
            subnet.getMetadata().getUid(),
            subnet.getMetadata().getGeneration()));
  }

  /** The same of many nodes at once. */
  public void daemonsReady(List<NodeSubnet> subnets) {
    parallel(subnets.size(), i -> () -> daemonReady(subnets.get(i)));
  }

  /** Makes a policy; its daemons are played by {@link #daemonReports}. */
  public FirewallPolicy policy(String name, FirewallPolicySpec spec) {
    FirewallPolicy policy = new FirewallPolicy();
    policy.getMetadata().setName(name);
    policy.setSpec(spec);
    return client.resource(policy).create();
  }

  /** Says of a node's firewall what its daemon says; the operator must have made the report. */
  public void daemonReports(String node, NodeReportStatus status) {
    client
        .resources(NodeReport.class)
        .withName(node)
        .editStatus(
            r -> {
              r.setStatus(status);
              return r;
            });
  }

  static void parallel(int count, IntFunction<Runnable> work) {
    Semaphore slots = new Semaphore(16);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        Runnable task = work.apply(i);
        slots.acquireUninterruptibly();
        threads.submit(
            () -> {
              try {
                task.run();
              } finally {
                slots.release();
              }
            });
      }
    }
  }
}
