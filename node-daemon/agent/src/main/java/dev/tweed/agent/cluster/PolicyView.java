package dev.tweed.agent.cluster;

import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.policy.Program;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is known of compiled policies at one moment.
 *
 * @param listing whether it is known that there is a NodePolicy, or none
 * @param node this node's NodePolicy
 * @param programs by name; empty for one that cannot be read
 * @param slices by name; empty for one that cannot be read
 */
public record PolicyView(
    ClusterView.Listing listing,
    Optional<NodePolicyRecord> node,
    Map<String, Optional<Program>> programs,
    Map<PeerSliceName, Optional<PeerSliceSpec>> slices) {
  public PolicyView {
    programs = Map.copyOf(programs);
    slices = Map.copyOf(slices);
  }

  /**
   * One of objects by their names.
   *
   * @param slices those that have no name of a slice are left out
   */
  static PolicyView of(
      ClusterView.Listing listing,
      Optional<NodePolicyRecord> node,
      Map<String, Optional<Program>> programs,
      Map<String, Optional<PeerSliceSpec>> slices) {
    Map<PeerSliceName, Optional<PeerSliceSpec>> known = new HashMap<>();
    slices.forEach((name, spec) -> PeerSliceName.tryParse(name).ifPresent(n -> known.put(n, spec)));
    return new PolicyView(listing, node, programs, known);
  }

  /** Names of the sets that programs refer to. */
  public static Set<String> setNames(Collection<Program> programs) {
    return programs.stream()
        .flatMap(p -> Stream.concat(p.ingress().stream(), p.egress().stream()))
        .flatMap(r -> r.peers().sets().stream())
        .collect(Collectors.toSet());
  }
}
