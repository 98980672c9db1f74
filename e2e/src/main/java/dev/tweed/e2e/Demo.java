package dev.tweed.e2e;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.BedSettings;
import dev.tweed.e2e.bed.ClusterDns;
import dev.tweed.e2e.bed.ClusterPlan;
import dev.tweed.e2e.bed.Evidence;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.Leftovers;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.logging.LogManager;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * {@code ./dev demo}: a real cluster without a pod network, Tweed installed into it, a PodNetwork
 * applied, and two pods on different nodes that talk. {@code up} leaves the cluster running, {@code
 * down} removes it.
 */
public final class Demo {
  private static final String POOL = "10.244.0.0/16";
  private static final Duration READY_LIMIT = Duration.ofSeconds(120);

  private final BedSettings settings;
  private final Progress progress;

  private Demo(BedSettings settings, Progress progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /** Says in the exit code whether it worked. */
  public static void main(String[] arguments) throws IOException {
    quietLibraries();
    Progress progress = new Progress(System.out, InstantSource.system());
    int code =
        switch (arguments.length == 1 ? arguments[0] : "") {
          case "up" -> new Demo(BedSettings.fromSystemProperties(), progress).up();
          case "down" -> down(progress);
          default -> {
            System.err.println("usage: Demo up|down");
            yield 64;
          }
        };
    System.out.flush();
    // Not exit: Testcontainers removes at exit whatever it started, and this cluster is to stay.
    Runtime.getRuntime().halt(code);
  }

  static void quietLibraries() throws IOException {
    try (InputStream config = Demo.class.getResourceAsStream("/logging.properties")) {
      LogManager.getLogManager().readConfiguration(config);
    }
  }

  private static int down(Progress progress) {
    Leftovers.sweep("demo");
    progress.say("The demo cluster is gone.");
    return 0;
  }

  private int up() {
    progress.say("Starting a control plane and three nodes, each a container");
    TestCluster cluster;
    try {
      cluster = TestCluster.start(settings, ClusterPlan.demo(settings));
    } catch (RuntimeException e) {
      System.err.println("The cluster did not start: " + causes(e));
      return 1;
    }
    try {
      run(cluster);
      return 0;
    } catch (BedException | ConditionTimeoutException e) {
      Path evidence = settings.cache().resolve("demo").resolve("evidence");
      new Evidence(cluster).writeTo(evidence);
      System.err.printf(
          "%nThe demo has failed: %s%nLogs and state of all nodes: %s%n"
              + "The cluster still runs for a look; remove it by ./dev demo --down%n",
          e.getMessage(), evidence);
      return 1;
    }
  }

  private static String causes(Throwable failure) {
    StringBuilder text = new StringBuilder(failure.getMessage());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append(System.lineSeparator()).append("  because: ").append(cause.getMessage());
    }
    return text.toString();
  }

  private void run(TestCluster cluster) {
    progress.say("Kubernetes is up. Its nodes wait for a pod network:");
    showKubectl(cluster, "get", "nodes");

    Installation tweed = new Installation(cluster);
    progress.say(
        "Installing Tweed: helm install tweed ./helm -n tweed-system --create-namespace"
            + " --set image.tag=dev,image.pullPolicy=Never");
    tweed.helmInstall("");
    progress.say("Asking for a pod network:");
    String podNetwork = Installation.podNetwork("default", POOL);
    progress.show("kubectl apply -f -", podNetwork);
    tweed.apply(podNetwork);

    Duration applied = progress.elapsed();
    tweed.awaitReady(READY_LIMIT);
    progress.say(
        "All nodes are Ready, %.1f s after the PodNetwork was applied:"
            .formatted(progress.elapsed().minus(applied).toMillis() / 1000.0));
    showKubectl(cluster, "get", "nodes");

    progress.say("Starting the cluster's DNS, pod a on n1 and pod b on n2");
    ClusterDns.start(cluster);
    ProbeNamespace namespace = ProbeNamespace.create(cluster, "default");
    List<ProbePod> pods = namespace.pods("a", "n1", "b", "n2");
    ProbePod a = pods.get(0);
    ProbePod b = pods.get(1);
    showKubectl(cluster, "get", "pods", "-o", "wide");
    // Reports are written every 10 s at most: the last one of a node may be of before its network.
    cluster.kubectl("wait", "nodereports", "--all", "--for=condition=Ready", "--timeout=30s");
    progress.say("What was asked for, what each node got, what each node found:");
    showKubectl(cluster, "get", "podnetworks");
    showKubectl(cluster, "get", "nodesubnets");
    showKubectl(cluster, "get", "nodereports");

    progress.say("Pod a talks to pod b, from node to node:");
    progress.show(
        "kubectl exec a -- ping -c 3 " + b.address(),
        a.exec("ping", "-c", "3", "-i", "0.2", b.address()));
    progress.show(
        "kubectl exec a -- probe http " + b.url("/"), a.exec("probe", "http", b.url("/")));
    namespace.service("b", b, "tcp/80:8080");
    // kube-proxy hears of it a moment later.
    Awaitility.await("Service b answers")
        .atMost(Duration.ofSeconds(30))
        .until(() -> a.exec("probe", "http", "http://b/").succeeded());
    progress.show("kubectl exec a -- probe http http://b/", a.exec("probe", "http", "http://b/"));
    b.exec("iperf3", "--server", "--one-off", "--daemon").text();
    progress.show(
        "kubectl exec a -- iperf3 -c " + b.address() + " -t 3",
        a.exec("iperf3", "-c", b.address(), "-t", "3", "-i", "0"));

    progress.say("Done. The cluster stays; try:");
    progress.text(
        """

                 ./dev kubectl get nsub,pnet,nrep         what Tweed did
                 ./dev kubectl explain podnetwork.spec    what can be asked for
                 ./dev node n1 cat /run/tweed/status      what the daemon of n1 says, on the node itself
                 ./dev node n1 ip -d link show tweed.1    its VXLAN device
                 ./dev node n1 ip route del %s  damage it, then look: ip route
                 ./dev kubectl exec -it a -- sh           a shell in pod a
                 ./dev demo --down                        remove everything
        """
            .formatted(
                tweed
                    .nodeSubnet("n2")
                    .map(subnet -> subnet.getSpec().cidr())
                    .orElse("10.244.1.0/24")));
  }

  private void showKubectl(TestCluster cluster, String... arguments) {
    progress.show("kubectl " + String.join(" ", arguments), cluster.kubectl(arguments));
  }
}
