package dev.tweed.e2e.bed;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Tweed on a cluster: installed by its chart, as a user would. */
public final class Installation {
  /** Namespace and release name of the chart. */
  public static final String NAMESPACE = "tweed-system";

  public static final String RELEASE = "tweed";

  /**
   * A Docker that knows neither BPF nor PERFMON gives its containers none of them; SYS_ADMIN, which
   * they have, is both to the kernel.
   */
  private static final String FAST_PATH =
      ",node.fastPath=true,node.fastPathCapabilities={SYS_ADMIN}";

  /** What the daemon's command line, as its image's launcher writes it, has and no other's. */
  public static final String DAEMON_PROCESS = "tweed-node.jar run";

  /** The same of the operator. */
  public static final String OPERATOR_PROCESS = "quarkus-run.jar";

  private final TestCluster cluster;
  private final boolean fastPath;

  /** As it is installed by default: without the fast path. */
  public Installation(TestCluster cluster) {
    this(cluster, false);
  }

  /**
   * @param fastPath whether daemons get the rights to it
   */
  public Installation(TestCluster cluster, boolean fastPath) {
    this.cluster = cluster;
    this.fastPath = fastPath;
  }

  /**
   * {@code helm upgrade --install} with the images that are on the nodes already; returns as soon
   * as the objects exist.
   *
   * @param values as in a values file; may be empty
   */
  public void helmInstall(String values) {
    helmInstall(RELEASE, values);
  }

  /** The same for a release of another name, as the one that cleans nodes. */
  public void helmInstall(String release, String values) {
    cluster
        .helmWithInput(
            values,
            "upgrade",
            "--install",
            release,
            cluster.settings().chart().toString(),
            "--namespace",
            NAMESPACE,
            "--create-namespace",
            "--set",
            "image.tag=dev,image.pullPolicy=Never" + (fastPath ? FAST_PATH : ""),
            "--values",
            "-")
        .text();
  }

  /** {@code helm uninstall}; waits until the release's pods are gone. */
  public void helmUninstall() {
    cluster.helm("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait").text();
    await("pods of the release are gone", Duration.ofSeconds(90), () -> pods().isEmpty());
  }

  /** Whether the release exists. */
  public boolean isInstalled() {
    return cluster.helm("status", RELEASE, "--namespace", NAMESPACE).succeeded();
  }

  /** Applies manifests as {@code kubectl apply -f -}, with more options. */
  public void apply(String manifest, String... options) {
    List<String> words = new ArrayList<>(List.of("apply", "-f", "-"));
    words.addAll(List.of(options));
    cluster.kubectlWithInput(manifest, words.toArray(String[]::new)).text();
  }

  /** The PodNetwork of the README: one IPv4 pool, everything else by default. */
  public static String podNetwork(String name, String cidr) {
    return """
        apiVersion: tweed.dev/v1alpha1
        kind: PodNetwork
        metadata:
          name: %s
        spec:
          pools:
          - cidr: %s
            nodePrefixLength: 24
        """
        .formatted(name, cidr);
  }

  /** Waits until every Node of a machine is Ready and every daemon and operator pod too. */
  public void awaitReady(Duration limit) {
    await("all Nodes Ready", limit, this::allNodesReady);
    await("all pods of the release Ready", limit, this::allPodsReady);
  }

  /** Waits until every node's report has this state of the fast path. */
  public void awaitFastPath(String state, Duration limit) {
    await(
        "fast path " + state,
        limit,
        () ->
            cluster.nodes().stream()
                .allMatch(
                    machine ->
                        nodeReport(machine.name())
                            .map(report -> report.getStatus().fastPath())
                            .filter(fastPath -> fastPath.state().equals(state))
                            .isPresent()));
  }

  /** Whether each machine's Node is Ready. */
  public boolean allNodesReady() {
    return cluster.nodes().stream().allMatch(machine -> isNodeReady(machine.name()));
  }

  /** Whether the kubelet calls this Node Ready. */
  public boolean isNodeReady(String name) {
    Node node = cluster.client().nodes().withName(name).get();
    return node != null
        && node.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  /** Whether operator and daemons run and say so: one daemon on each node. */
  public boolean allPodsReady() {
    List<Pod> pods = pods();
    return pods.stream().filter(pod -> component(pod).equals("node")).count()
            == cluster.nodes().size()
        && pods.stream().anyMatch(pod -> component(pod).equals("operator"))
        && pods.stream().allMatch(Installation::isPodReady);
  }

  private static String component(Pod pod) {
    return pod.getMetadata().getLabels().getOrDefault("app.kubernetes.io/component", "");
  }

  private static boolean isPodReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  /** All pods of the release. */
  public List<Pod> pods() {
    return cluster
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/instance", RELEASE)
        .list()
        .getItems();
  }

  /** The daemon's pod on a node. */
  public Pod daemonPod(String node) {
    return pods().stream()
        .filter(pod -> component(pod).equals("node"))
        .filter(pod -> node.equals(pod.getSpec().getNodeName()))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .findFirst()
        .orElseThrow(() -> new BedException("no daemon pod on node " + node));
  }

  /** The operator's pods. */
  public List<Pod> operatorPods() {
    return pods().stream().filter(pod -> component(pod).equals("operator")).toList();
  }

  /** Lets that many operators run. */
  public void scaleOperator(int replicas) {
    client().apps().deployments().inNamespace(NAMESPACE).withName("tweed-operator").scale(replicas);
  }

  /** All blocks, by name. */
  public List<NodeSubnet> nodeSubnets() {
    return client().resources(NodeSubnet.class).list().getItems().stream()
        .sorted(Comparator.comparing((NodeSubnet subnet) -> subnet.getMetadata().getName()))
        .toList();
  }

  /** The block of a node. */
  public Optional<NodeSubnet> nodeSubnet(String node) {
    return nodeSubnets().stream()
        .filter(subnet -> subnet.getSpec().nodeName().equals(node))
        .findFirst();
  }

  /** What the node's daemon reports. */
  public Optional<NodeReport> nodeReport(String node) {
    return Optional.ofNullable(client().resources(NodeReport.class).withName(node).get());
  }

  /** A FirewallPolicy by name. */
  public Optional<FirewallPolicy> firewallPolicy(String name) {
    return Optional.ofNullable(client().resources(FirewallPolicy.class).withName(name).get());
  }

  /** Runs the daemon's command line in its pod on a node. */
  public Output nodeCommand(String node, String... words) {
    List<String> command = new ArrayList<>(List.of("exec", "--namespace", NAMESPACE));
    command.addAll(List.of(daemonPod(node).getMetadata().getName(), "--", "tweed-node"));
    command.addAll(List.of(words));
    return cluster.kubectl(command.toArray(String[]::new));
  }

  /** A PodNetwork by name. */
  public Optional<PodNetwork> podNetwork(String name) {
    return Optional.ofNullable(client().resources(PodNetwork.class).withName(name).get());
  }

  /** The condition of that type, or one whose status is {@code Unknown}. */
  public static Condition condition(List<Condition> conditions, String type) {
    return conditions.stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElse(new Condition(type, "Unknown", "", "", null, null));
  }

  private KubernetesClient client() {
    return cluster.client();
  }

  private static void await(String what, Duration limit, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(250))
        .ignoreExceptions()
        .until(condition);
  }
}
