package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The cluster at one moment, as the informers know it.
 *
 * @param unconnected names of Nodes whose condition NetworkUnavailable is not False
 * @param gone specs of NodeSubnets of these nodes that were deleted, in the order they went
 * @param reports what is kept of each NodeReport, by its name
 * @param serviceCIDRs ranges of Services, by name of the ServiceCIDR
 */
public record ClusterView(
    List<NetworkFacts> networks,
    List<NodeFacts> nodes,
    Set<String> unconnected,
    List<SubnetFacts> subnets,
    List<NodeSubnetSpec> gone,
    Map<String, ReportDigest> reports,
    List<PolicyFacts> policies,
    Map<String, List<String>> serviceCIDRs) {}
