package dev.tweed.e2e.bed;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running pod of the probe image: client and server of everything a test sends. */
public final class ProbePod {
  private static final int EXEC_LIMIT_SECONDS = 60;

  private final TestCluster cluster;
  private final String namespace;
  private final String name;
  private final String node;
  private final List<String> addresses;

  ProbePod(TestCluster cluster, Pod pod) {
    this.cluster = cluster;
    this.namespace = pod.getMetadata().getNamespace();
    this.name = pod.getMetadata().getName();
    this.node = pod.getSpec().getNodeName();
    this.addresses = pod.getStatus().getPodIPs().stream().map(PodIP::getIp).toList();
  }

  /** The pod's name, which is what its servers answer to {@code /hostname}. */
  public String name() {
    return name;
  }

  /** The pod's address; of two, the first. */
  public String address() {
    return addresses.getFirst();
  }

  /** The pod's addresses, one of each family that its network had when it started. */
  public List<String> addresses() {
    return addresses;
  }

  /** The machine the pod runs on. */
  public Machine machine() {
    return cluster.machine(node);
  }

  /** URL of the pod's HTTP server. */
  public String url(String path) {
    return url(address(), path);
  }

  /** URL of the HTTP server at an address of a pod. */
  public static String url(String address, String path) {
    return "http://%s:8080%s"
        .formatted(address.contains(":") ? "[" + address + "]" : address, path);
  }

  /** Runs a command in the pod by the API server, as {@code kubectl exec} does. */
  public Output exec(String... command) {
    String shown = "pod " + name + "$ " + String.join(" ", command);
    KubernetesClient client = cluster.client();
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    try (ExecWatch exec =
        client
            .pods()
            .inNamespace(namespace)
            .withName(name)
            .writingOutput(stdout)
            .writingError(stderr)
            .exec(command)) {
      int code = exec.exitCode().get(EXEC_LIMIT_SECONDS, TimeUnit.SECONDS);
      return new Output(
          shown,
          code,
          stdout.toString(StandardCharsets.UTF_8),
          stderr.toString(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BedException(shown + ": interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new BedException(
          shown + ": no end after " + EXEC_LIMIT_SECONDS + " s; so far: " + stdout + stderr, e);
    }
  }

  /** Body of the answer to an HTTP request from this pod. */
  public String http(String url) {
    return exec("probe", "http", url).text();
  }

  /**
   * Whether one echo request of {@code bytes} of payload that may not be fragmented is answered.
   */
  public Output ping(String target, int bytes) {
    return exec("ping", "-M", "do", "-c", "1", "-W", "2", "-s", Integer.toString(bytes), target);
  }

  /**
   * Runs a command of the pod's machine in the pod's network namespace. Needs no API server, and
   * goes on when the pod's kubelet does not.
   */
  public Output inNetworkNamespace(String... command) {
    String[] whole = new String[command.length + 4];
    whole[0] = "ip";
    whole[1] = "netns";
    whole[2] = "exec";
    whole[3] = networkNamespace();
    System.arraycopy(command, 0, whole, 4, command.length);
    return machine().exec(whole);
  }

  /** Starts a ping that goes on until it is stopped; see {@link RunningPing}. */
  public RunningPing startPing(String target) {
    return RunningPing.start(machine(), networkNamespace(), target);
  }

  /** Starts datagrams to a pod that go on until they are stopped; see {@link RunningExchange}. */
  public RunningExchange startExchange(String target) {
    return RunningExchange.start(machine(), networkNamespace(), target);
  }

  /** Name of the pod's network namespace under /run/netns, found by its address. */
  public String networkNamespace() {
    return machine()
        .shell(
            "for n in $(ls /run/netns); do ip -n $n -o address | grep -qF ' "
                + address()
                + "/' && echo $n && exit; done; exit 1")
        .text();
  }
}
