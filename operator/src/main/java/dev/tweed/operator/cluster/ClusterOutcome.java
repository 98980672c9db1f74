package dev.tweed.operator.cluster;

import dev.tweed.operator.allocation.AllocationPlan.Release;
import dev.tweed.operator.allocation.NetworkOutcome;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the last run of the loop found; what statuses are made of.
 *
 * @param networks by name
 * @param nodes all Nodes
 */
public record ClusterOutcome(Map<String, NetworkState> networks, List<NodeFacts> nodes) {
  public ClusterOutcome {
    networks = Map.copyOf(networks);
    nodes = List.copyOf(nodes);
  }

  /**
   * One PodNetwork.
   *
   * @param uid of the PodNetwork that was looked at
   * @param generation of its spec
   * @param allocationFault why nodes of it that wait for blocks get none, though there are some
   * @param blocks NodeSubnets of it, and such as may be, whatever is to become of them
   * @param suspended those of them that are kept until a person agrees
   * @param pending those of them that nodes lose which have left the network, if there are any
   */
  public record NetworkState(
      String uid,
      long generation,
      NetworkOutcome outcome,
      Optional<AllocationFault> allocationFault,
      NetworkReadiness readiness,
      int blocks,
      List<Release> suspended,
      Optional<Pending> pending) {
    /** What to do, where the reports of most nodes are such as of an earlier version. */
    public Optional<String> earlierVersion() {
      return readiness.unnamed() * 2 > outcome.selected()
          ? Optional.of(
              "the reports of %d nodes are Ready and name no NodeSubnet: the CRDs, or the daemons there, are of an earlier version. kubectl apply --server-side --force-conflicts -f helm/crds, and see that the daemons are replaced: kubectl get pods -A -l app.kubernetes.io/name=tweed -o wide"
                  .formatted(readiness.unnamed()))
          : Optional.empty();
    }
  }

  /**
   * Releases that are to come.
   *
   * @param from when the first may; by what is written in its mark, so it stays the same
   */
  public record Pending(List<Release> releases, Instant from) {
    /**
     * Those whose marks are written.
     *
     * @param mark that of a NodeSubnet, if it is written
     */
    static Optional<Pending> of(
        List<Release> releases,
        Function<SubnetFacts, Optional<Instant>> mark,
        Duration releaseAfter) {
      List<Release> marked =
          releases.stream().filter(r -> mark.apply(r.subnet()).isPresent()).toList();
      return marked.stream()
          .flatMap(r -> mark.apply(r.subnet()).stream())
          .min(Comparator.naturalOrder())
          .map(first -> new Pending(marked, first.plus(releaseAfter)));
    }
  }

  /** Before the first run. */
  public static ClusterOutcome none() {
    return new ClusterOutcome(Map.of(), List.of());
  }

  /** Whether that was told of a network. */
  boolean isOfEarlierVersion(String name) {
    return Optional.ofNullable(networks.get(name))
        .flatMap(NetworkState::earlierVersion)
        .isPresent();
  }

  /** The state of a network, if it was that very object and at least that spec. */
  public Optional<NetworkState> network(String name, String uid, long generation) {
    return Optional.ofNullable(networks.get(name))
        .filter(s -> s.uid().equals(uid) && s.generation() >= generation);
  }
}
