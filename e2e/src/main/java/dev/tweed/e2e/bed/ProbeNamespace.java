package dev.tweed.e2e.bed;

import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A namespace full of probe pods and Services; everything goes when it is closed. */
public final class ProbeNamespace implements AutoCloseable {
  private static final Duration POD_LIMIT = Duration.ofSeconds(90);
  private static final String IMAGE = "tweed/probe:dev";

  private final TestCluster cluster;
  private final String name;

  private ProbeNamespace(TestCluster cluster, String name) {
    this.cluster = cluster;
    this.name = name;
  }

  /** Makes the namespace and waits until pods may be created in it. */
  public static ProbeNamespace create(TestCluster cluster, String name) {
    KubernetesClient client = cluster.client();
    client
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .serverSideApply();
    Awaitility.await("default service account of namespace " + name)
        .atMost(Duration.ofSeconds(60))
        .until(() -> client.serviceAccounts().inNamespace(name).withName("default").get() != null);
    return new ProbeNamespace(cluster, name);
  }

  /** A pod with an address of its own on this node; waits until its servers answer. */
  public ProbePod pod(String podName, String node) {
    return started(create(podName, node, pod -> pod));
  }

  /** A pod whose first process is a script, which the servers follow; waits until these answer. */
  public ProbePod podThatBeginsWith(String podName, String node, String script) {
    requestThatBeginsWith(podName, node, script);
    return started(podName);
  }

  /** The same without waiting for it. */
  public void requestThatBeginsWith(String podName, String node, String script) {
    create(
        podName,
        node,
        pod ->
            pod.editSpec()
                .editFirstContainer()
                .withCommand("sh", "-c", script + "; exec probe serve")
                .endContainer()
                .endSpec());
  }

  /** A pod that uses the node's network. */
  public ProbePod hostNetworkPod(String podName, String node) {
    return started(create(podName, node, pod -> pod.editSpec().withHostNetwork(true).endSpec()));
  }

  /** A pod that finds Services of its namespace by name, from the {@link ClusterDns}. */
  public ProbePod podWithClusterDns(String podName, String node) {
    return started(
        create(
            podName,
            node,
            pod ->
                pod.editSpec()
                    .withDnsPolicy("None")
                    .withNewDnsConfig()
                    .withNameservers(ClusterDns.ADDRESS)
                    .withSearches(name + ".svc.cluster.local")
                    .endDnsConfig()
                    .endSpec()));
  }

  /** A pod whose HTTP port is also {@code hostPort} of its node. */
  public ProbePod podWithHostPort(String podName, String node, int hostPort) {
    return started(
        create(
            podName,
            node,
            pod ->
                pod.editSpec()
                    .editFirstContainer()
                    .withPorts(
                        new ContainerPortBuilder()
                            .withContainerPort(8080)
                            .withHostPort(hostPort)
                            .withProtocol("TCP")
                            .build())
                    .endContainer()
                    .endSpec()));
  }

  /** Several pods at once, quicker than one after the other: name and node alternate. */
  public List<ProbePod> pods(String... namesAndNodes) {
    for (int i = 0; i < namesAndNodes.length; i += 2) {
      create(namesAndNodes[i], namesAndNodes[i + 1], pod -> pod);
    }
    return java.util.stream.IntStream.iterate(0, i -> i < namesAndNodes.length, i -> i + 2)
        .mapToObj(i -> started(namesAndNodes[i]))
        .toList();
  }

  /** Asks for a pod and does not wait for it. */
  public void request(String podName, String node) {
    create(podName, node, pod -> pod);
  }

  private String create(String podName, String node, UnaryOperator<PodBuilder> change) {
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(podName)
            .withNamespace(name)
            .addToLabels("probe", podName)
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .withTerminationGracePeriodSeconds(0L)
            .withEnableServiceLinks(false)
            .withAutomountServiceAccountToken(false)
            .addNewToleration()
            .withOperator("Exists")
            .endToleration()
            .addNewContainer()
            .withName("probe")
            .withImage(IMAGE)
            .withImagePullPolicy("Never")
            .withNewReadinessProbe()
            .withNewExec()
            .withCommand("probe", "http", "http://127.0.0.1:8080/hostname")
            .endExec()
            .withPeriodSeconds(1)
            .withTimeoutSeconds(5)
            .endReadinessProbe()
            .endContainer()
            .endSpec();
    cluster.client().pods().inNamespace(name).resource(change.apply(pod).build()).create();
    return podName;
  }

  /** Waits until the pod is Ready. */
  public ProbePod started(String podName) {
    Pod pod =
        Awaitility.await("pod " + name + "/" + podName + " is Ready")
            .atMost(POD_LIMIT)
            .pollInterval(Duration.ofMillis(200))
            .until(
                () -> cluster.client().pods().inNamespace(name).withName(podName).get(),
                ProbeNamespace::isReady);
    return new ProbePod(cluster, pod);
  }

  private static boolean isReady(Pod pod) {
    return pod != null
        && pod.getStatus() != null
        && pod.getStatus().getPodIP() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  /**
   * A Service in front of one pod.
   *
   * @param ports as {@code tcp/80:8080}: protocol, port of the Service, port of the pod
   * @return its cluster IP
   */
  public String service(String serviceName, ProbePod pod, String... ports) {
    List<ServicePort> servicePorts = Arrays.stream(ports).map(ProbeNamespace::servicePort).toList();
    return cluster
        .client()
        .services()
        .inNamespace(name)
        .resource(
            new ServiceBuilder()
                .withNewMetadata()
                .withName(serviceName)
                .endMetadata()
                .withNewSpec()
                .withSelector(Map.of("probe", pod.name()))
                .withPorts(servicePorts)
                .endSpec()
                .build())
        .create()
        .getSpec()
        .getClusterIP();
  }

  private static ServicePort servicePort(String words) {
    String[] parts = words.split("[/:]");
    return new ServicePortBuilder()
        .withName(parts[0] + "-" + parts[1])
        .withProtocol(parts[0].toUpperCase(java.util.Locale.ROOT))
        .withPort(Integer.valueOf(parts[1]))
        .withNewTargetPort(Integer.valueOf(parts[2]))
        .build();
  }

  /** Deletes everything and does not wait for the end of it. */
  @Override
  public void close() {
    cluster.client().pods().inNamespace(name).withGracePeriod(0).delete();
    cluster.client().namespaces().withName(name).delete();
  }
}
