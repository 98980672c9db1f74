package dev.tweed.e2e;

import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.ProbeNamespace;
import dev.tweed.e2e.bed.ProbePod;
import dev.tweed.e2e.bed.TestCluster;
import java.util.List;
import java.util.stream.Stream;

/** A namespace with one probe pod on each of some nodes, on a cluster with Tweed installed. */
record PodOnEachNode(ProbeNamespace namespace, List<ProbePod> pods) implements AutoCloseable {

  /** Waits until all of them are Ready. */
  static PodOnEachNode given(
      TestCluster cluster, Installation tweed, String namespace, String... nodes) {
    Given.installed(tweed);
    ProbeNamespace probes = ProbeNamespace.create(cluster, namespace);
    return new PodOnEachNode(
        probes,
        probes.pods(Stream.of(nodes).flatMap(n -> Stream.of("on-" + n, n)).toArray(String[]::new)));
  }

  /** The pod of this node. */
  ProbePod on(String node) {
    return pods.stream().filter(pod -> pod.machine().name().equals(node)).findFirst().orElseThrow();
  }

  /** Deletes the pods and the namespace and does not wait for the end of it. */
  @Override
  public void close() {
    namespace.close();
  }
}
