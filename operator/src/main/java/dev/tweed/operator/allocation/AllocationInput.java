package dev.tweed.operator.allocation;

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
  public AllocationInput {
    networks = List.copyOf(networks);
    nodes = List.copyOf(nodes);
    subnets = List.copyOf(subnets);
    serviceCIDRs = Map.copyOf(serviceCIDRs);
    mirroredLabels = Set.copyOf(mirroredLabels);
  }
}
