package dev.tweed.operator.allocation;

import dev.tweed.crds.MirroredLabels;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything a plan depends on; the order of the lists does not matter.
 *
 * @param serviceCIDRs ranges of Services, by name of the ServiceCIDR
 * @param releaseAfter how long a block outlives its node
 * @param mirroredLabels Node labels that every network mirrors onto NodeSubnets
 * @param now time of planning, for marks and releases
 */
public record AllocationInput(
    List<NetworkFacts> networks,
    List<NodeFacts> nodes,
    List<SubnetFacts> subnets,
    Map<String, List<String>> serviceCIDRs,
    DaemonFacts daemons,
    AllocationHistory history,
    Duration releaseAfter,
    Set<String> mirroredLabels,
    Instant now) {
  /** Labels mirrored unless configured otherwise (design, NodeSubnet). */
  public static final Set<String> DEFAULT_MIRRORED_LABELS = MirroredLabels.ALWAYS;

  public AllocationInput {
    networks = List.copyOf(networks);
    nodes = List.copyOf(nodes);
    subnets = List.copyOf(subnets);
    serviceCIDRs = Map.copyOf(serviceCIDRs);
    mirroredLabels = Set.copyOf(mirroredLabels);
  }
}
