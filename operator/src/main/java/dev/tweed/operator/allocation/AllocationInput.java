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
 * @param lastBlocks what nodes had whose NodeSubnets are gone
 * @param mtus MTU of the pods of a node, by its name, as far as the node has told it
 * @param linkAddresses addresses of links that a network names, by name of the node, as far as the
 *     node has told them
 * @param serviceCIDRs ranges of Services, by name of the ServiceCIDR
 * @param cursors where the last allocation from each pool ended, by canonical pool CIDR
 * @param releaseAfter how long a block outlives its node
 * @param lastHeard when daemons of nodes that are gone were last heard, by name of their node; of
 *     those without a Lease nothing is known
 * @param released how many blocks of nodes that exist were released in the last hour, by name of
 *     their network; none of them is in {@code subnets}
 * @param mirroredLabels Node labels that every network mirrors onto NodeSubnets
 * @param now time of planning, for marks and releases
 */
public record AllocationInput(
    List<NetworkFacts> networks,
    List<NodeFacts> nodes,
    List<SubnetFacts> subnets,
    LastBlocks lastBlocks,
    Map<String, Integer> mtus,
    Map<String, List<LinkAddress>> linkAddresses,
    Map<String, List<String>> serviceCIDRs,
    Map<String, Long> cursors,
    Duration releaseAfter,
    Map<String, Instant> lastHeard,
    Map<String, Integer> released,
    Set<String> mirroredLabels,
    Instant now) {
  /** Labels mirrored unless configured otherwise (design, NodeSubnet). */
  public static final Set<String> DEFAULT_MIRRORED_LABELS = MirroredLabels.ALWAYS;

  public AllocationInput {
    networks = List.copyOf(networks);
    nodes = List.copyOf(nodes);
    subnets = List.copyOf(subnets);
    mtus = Map.copyOf(mtus);
    linkAddresses = Map.copyOf(linkAddresses);
    serviceCIDRs = Map.copyOf(serviceCIDRs);
    cursors = Map.copyOf(cursors);
    lastHeard = Map.copyOf(lastHeard);
    released = Map.copyOf(released);
    mirroredLabels = Set.copyOf(mirroredLabels);
  }
}
