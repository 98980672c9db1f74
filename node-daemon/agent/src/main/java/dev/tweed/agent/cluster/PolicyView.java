package dev.tweed.agent.cluster;

import dev.tweed.crds.PeerSliceName;
import dev.tweed.crds.PeerSliceSpec;
import dev.tweed.policy.Program;
import java.util.Map;
import java.util.Optional;

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
}
