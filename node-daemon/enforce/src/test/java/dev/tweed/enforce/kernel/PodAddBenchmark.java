package dev.tweed.enforce.kernel;

import dev.tweed.enforce.gate.CniResult;
import dev.tweed.enforce.gate.CniResultReader;
import dev.tweed.enforce.gate.GatePlanner;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.netlink.Link;
import dev.tweed.netlink.testing.Netns;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PodEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * 10,000 pods that come one after the other to a node that has 110 at a time, each in the place of
 * one that goes: from the result of its ADD on disk to its class in the kernel, by the classes of
 * the daemon, without the daemon's loop. The operator has said before what selects it.
 *
 * <p>Arguments: pods (10,000). Needs root.
 */
public final class PodAddBenchmark {
  private static final int PODS = 110;
  private static final List<String> STEPS =
      List.of("devices", "results", "gate", "compiled", "written");

  private PodAddBenchmark() {}

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
    Path results = Files.createTempDirectory("pod-add-benchmark");
    try (Netns netns = Netns.open()) {
      netns.sh(
          """
          ip link add br0 type bridge
          for i in $(seq 0 %d); do
            ip link add veth$i type veth peer name peer$i; ip link set veth$i master br0
          done
          """
              .formatted(PODS - 1));
      netns.call(
          () -> {
            measure(results, count);
            return null;
          });
    } finally {
      try (Stream<Path> files = Files.walk(results)) {
        files.sorted(Comparator.reverseOrder()).forEach(PodAddBenchmark::delete);
      }
    }
  }

  private static void measure(Path directory, int count) throws IOException {
    CniResultReader reader = new CniResultReader(directory);
    PolicyTableCompiler compiler = new PolicyTableCompiler(false);
    NodeState base = PolicyTableBench.state(Set.of(), PODS);
    long[][] nanos = new long[STEPS.size() + 1][count];
    int waited = 0;
    try (PolicyKernel kernel = new PolicyKernel(Path.of("/proc/sys/net"))) {
      Map<String, Link> devices =
          kernel.links().stream().collect(Collectors.toMap(Link::name, link -> link));
      for (int i = 0; i < PODS; i++) {
        add(directory, devices, i);
      }
      for (int i = 0; i < count + PODS; i++) {
        int pod = i + PODS;
        Files.delete(directory.resolve("tweed-" + (pod - PODS)));
        add(directory, devices, pod);
        long[] at = new long[STEPS.size() + 1];
        at[0] = System.nanoTime();
        List<Link> links = kernel.links();
        at[1] = System.nanoTime();
        List<CniResult> read = reader.read().results();
        at[2] = System.nanoTime();
        GatePlanner.Admission admission =
            GatePlanner.plan(
                LocalPod.of(read, links, address -> Optional.empty()),
                new GatePlanner.Word(
                    told(base, pod),
                    Set.of(),
                    Optional.of(new GatePlanner.Waiting(true, Set.of()))),
                Set.of(),
                Set.of());
        at[3] = System.nanoTime();
        CompiledPolicies compiled =
            compiler.compile(
                new NodeState(
                    base.blocks(),
                    base.ownAddresses(),
                    base.space(),
                    admission.entries(),
                    base.programs(),
                    base.sets()));
        at[4] = System.nanoTime();
        if (!kernel.write(compiled).succeeded()) {
          throw new IllegalStateException("not written");
        }
        at[5] = System.nanoTime();
        waited += admission.waiting().size();
        if (i >= PODS) { // the first are for the compiler
          for (int step = 0; step < STEPS.size(); step++) {
            nanos[step][i - PODS] = at[step + 1] - at[step];
          }
          nanos[STEPS.size()][i - PODS] = at[STEPS.size()] - at[0];
        }
      }
    }
    if (waited > 0) {
      throw new IllegalStateException(waited + " pods were not let in");
    }
    for (int step = 0; step < STEPS.size(); step++) {
      row("of it " + STEPS.get(step), nanos[step]);
    }
    row("from its result on disk to its class in the kernel", nanos[STEPS.size()]);
  }

  /** What the operator says of the pods that are there: each has the programs of its place. */
  private static List<PodEntry> told(NodeState base, int newest) {
    List<PodEntry> told = new ArrayList<>();
    for (int pod = newest - PODS + 1; pod <= newest; pod++) {
      told.add(
          new PodEntry(
              "uid-" + pod,
              Set.of(IpAddress.parse(address(pod))),
              base.pods().get(pod % PODS).programs(),
              List.of()));
    }
    return told;
  }

  /** Another address than the one before in its place had, as host-local gives them. */
  private static String address(int pod) {
    return "10.244.1." + (2 + pod % (2 * PODS));
  }

  private static void add(Path directory, Map<String, Link> devices, int pod) throws IOException {
    Link device = devices.get("veth" + pod % PODS);
    Files.writeString(
        directory.resolve("tweed-" + pod),
        """
        {"kind":"cniCacheV1","containerId":"c","config":"e30=","ifName":"eth0","networkName":"tweed",
         "cniArgs":[["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","web-%1$d"],["K8S_POD_UID","uid-%1$d"]],
         "result":{"cniVersion":"1.0.0","interfaces":[
            {"mac":"%2$s","name":"%3$s"},{"mac":"02:00:00:00:00:03","name":"eth0","sandbox":"/run/netns/x"}],
          "ips":[{"address":"%4$s/24","interface":1}]}}
        """
            .formatted(pod, device.mac().orElseThrow(), device.name(), address(pod)));
  }

  private static void row(String what, long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "| a pod more, %s | ms, median / p99 / max | %.2f / %.2f / %.2f (n = %d) |  |%n",
        what,
        sorted[sorted.length / 2] / 1e6,
        sorted[(int) (sorted.length * 0.99)] / 1e6,
        sorted[sorted.length - 1] / 1e6,
        sorted.length);
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
