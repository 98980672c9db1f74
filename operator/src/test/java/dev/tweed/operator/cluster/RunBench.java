package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeReport;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.allocation.AllocationPlan;
import dev.tweed.operator.allocation.AllocationPlanner;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.RecentReleases;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a run that finds nothing to do costs, and what the caches hold of each node, without an API
 * server. Arguments: numbers of nodes, by default 1000, 5000 and 20000. Not a test: numbers belong
 * to a machine.
 */
final class RunBench {
  private static final KubernetesSerialization JSON = new KubernetesSerialization();
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int RUNS = 40;
  private static final int LAST = 15;

  private final FactStore<Node, NodeFacts> nodes =
      new FactStore<>(Node::new, Facts::of, NodeFacts.OLDEST_FIRST, () -> {});
  private final SubnetStore subnets = new SubnetStore(Facts::of, () -> {});
  private final ReportStore reports = new ReportStore(() -> {}, () -> {});

  private RunBench() {}

  public static void main(String[] args) {
    int[] sizes =
        args.length == 0
            ? new int[] {1_000, 5_000, 20_000}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    for (int size : sizes) {
      long before = heap();
      RunBench bench = new RunBench();
      bench.fill(size);
      long held = heap() - before;
      System.out.printf(
          "%d nodes: caches hold %.1f MB, %.2f kB a node%n", size, held / 1e6, held / 1e3 / size);
      bench.run();
    }
  }

  private void fill(int size) {
    for (int i = 0; i < size; i++) {
      Node node = JSON.unmarshal(node(i), Node.class);
      nodes.put(nodes.getKey(node), node);
      NodeSubnet subnet = JSON.unmarshal(subnet(i), NodeSubnet.class);
      subnets.put(subnets.getKey(subnet), subnet);
      NodeReport report = JSON.unmarshal(report(i), NodeReport.class);
      reports.put(reports.getKey(report), report);
    }
  }

  private void run() {
    NetworkFacts network = Facts.of(JSON.unmarshal(NETWORK, PodNetwork.class));
    OperatorSettings settings = TestCluster.defaults("bench");
    double[] times = new double[RUNS];
    for (int i = 0; i < RUNS; i++) {
      // What asks for most runs is one report that says another thing.
      NodeReport report =
          JSON.unmarshal(report(i).replaceFirst("Programmed", "Programmed" + i), NodeReport.class);
      reports.put(reports.getKey(report), report);
      long start = THREADS.getCurrentThreadCpuTime();
      ClusterView view =
          new ClusterView(
              List.of(network),
              nodes.facts(),
              Map.of(),
              subnets.facts(),
              subnets.gone(nodes.names()),
              reports.byName(),
              List.of(),
              Map.of());
      AllocationPlan plan =
          AllocationPlanner.plan(
              Facts.input(
                  view,
                  view.subnets(),
                  Map.of(),
                  new java.util.LinkedHashMap<>(),
                  Map.of(),
                  RecentReleases.none(),
                  settings,
                  Instant.now()));
      NodeChores chores = NodeChores.plan(view);
      NetworkReadiness ready =
          NetworkReadiness.of(view.subnets(), view.reports(), Set.of(), Instant.now())
              .get("default");
      times[i] = (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
      check(plan, chores, ready, view.nodes().size());
    }
    double[] last = Arrays.copyOfRange(times, RUNS - LAST, RUNS);
    Arrays.sort(last);
    System.out.printf(
        "a run that finds nothing to do takes %.1f ms of a processor (at least %.1f), %.0f the"
            + " first time%n",
        last[LAST / 2], last[0], times[0]);
  }

  private static void check(
      AllocationPlan plan, NodeChores chores, NetworkReadiness ready, int size) {
    if (!plan.claims().isEmpty()
        || !plan.amendments().isEmpty()
        || !chores.missingReports().isEmpty()
        || ready.ready() != size) {
      throw new IllegalStateException("there was something to do");
    }
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static final String NETWORK =
      """
      {"apiVersion": "tweed.dev/v1alpha1", "kind": "PodNetwork",
       "metadata": {"name": "default", "uid": "u", "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z"},
       "spec": {"pools": [{"cidr": "10.128.0.0/9", "nodePrefixLength": 24}]}}
      """;

  private static String name(int i) {
    return "ip-10-0-%d-%d.eu-central-1.compute.internal".formatted(i / 250, i % 250);
  }

  private static String uid(int kind, int i) {
    return "%d23e4567-e89b-12d3-a456-%012d".formatted(kind, i);
  }

  private static String ip(int i) {
    return "10.%d.%d.%d".formatted(100 + i / 62_500, i / 250 % 250, i % 250 + 1);
  }

  // As a cloud's kubelet labels them.
  private static String labels(int i) {
    return IntStream.range(0, 15)
            .mapToObj(k -> "\"example.com/label-%02d\": \"value-%d\"".formatted(k, i % 3))
            .collect(Collectors.joining(", "))
        + ", \"topology.kubernetes.io/zone\": \"zone-%d\"".formatted(i % 3)
        + ", \"kubernetes.io/hostname\": \"%s\"".formatted(name(i));
  }

  private static String node(int i) {
    return """
    {"apiVersion": "v1", "kind": "Node",
     "metadata": {"name": "%s", "uid": "%s", "resourceVersion": "%d",
      "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {%s}},
     "spec": {"podCIDRs": []},
     "status": {"addresses": [{"type": "InternalIP", "address": "%s"}],
      "conditions": [{"type": "NetworkUnavailable", "status": "False"}]}}
    """
        .formatted(name(i), uid(1, i), i, labels(i), ip(i));
  }

  private static String subnet(int i) {
    String block = "10.%d.%d.0".formatted(128 + i / 256, i % 256);
    return """
    {"apiVersion": "tweed.dev/v1alpha1", "kind": "NodeSubnet",
     "metadata": {"name": "%s-24", "uid": "%s", "resourceVersion": "%d", "generation": 1,
      "creationTimestamp": "2026-01-01T00:00:00Z",
      "labels": {"topology.kubernetes.io/zone": "zone-%d"}},
     "spec": {"podNetwork": "default", "nodeName": "%s", "nodeUID": "%s", "cidr": "%s/24",
      "nodeIPs": ["%s"], "vtepMAC": "02:00:00:%02x:%02x:%02x"}}
    """
        .formatted(
            block.replace('.', '-'),
            uid(2, i),
            i,
            i % 3,
            name(i),
            uid(1, i),
            block,
            ip(i),
            i >> 16,
            i >> 8 & 255,
            i & 255);
  }

  private static String report(int i) {
    return """
    {"apiVersion": "tweed.dev/v1alpha1", "kind": "NodeReport",
     "metadata": {"name": "%s", "resourceVersion": "%d",
      "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "%s", "uid": "%s"}]},
     "status": {"blocks": ["10.%d.%d.0/24"],
      "nodeSubnets": [{"name": "10-%d-%d-0-24", "uid": "%s", "generation": 1}],
      "dataPath": {"device": "tweed.1", "mtu": 1450},
      "conditions": [{"type": "Ready", "status": "True", "reason": "Programmed",
       "message": "the data path is in the kernel, verified",
       "lastTransitionTime": "2026-01-01T00:00:00Z"},
       {"type": "Programmed", "status": "True", "reason": "Programmed",
       "message": "the data path is in the kernel, verified",
       "lastTransitionTime": "2026-01-01T00:00:00Z"},
       {"type": "Reachable", "status": "True", "reason": "PeersAnswer",
       "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
    """
        .formatted(
            name(i),
            i,
            name(i),
            uid(1, i),
            128 + i / 256,
            i % 256,
            128 + i / 256,
            i % 256,
            uid(2, i));
  }
}
