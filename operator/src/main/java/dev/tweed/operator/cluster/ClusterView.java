package dev.tweed.operator.cluster;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.operator.allocation.NetworkFacts;
import dev.tweed.operator.allocation.NodeFacts;
import dev.tweed.operator.allocation.SubnetFacts;
import dev.tweed.operator.policy.PolicyFacts;
import dev.tweed.operator.policy.ReportDigest;
import java.util.List;
import java.util.Map;

/**
 * The cluster at one moment, as the informers know it.
 *
 * @param connections of Nodes, by their names
 * @param gone specs of NodeSubnets of these nodes that were deleted, in the order they went
 * @param reports what is kept of each NodeReport, by its name
 * @param serviceCIDRs ranges of Services, by name of the ServiceCIDR
 */
public record ClusterView(
    List<NetworkFacts> networks,
    List<NodeFacts> nodes,
    Map<String, NodeConnection> connections,
    List<SubnetFacts> subnets,
    List<NodeSubnetSpec> gone,
    Map<String, ReportDigest> reports,
    List<PolicyFacts> policies,
    Map<String, List<String>> serviceCIDRs) {

  NodeConnection connection(NodeFacts node) {
    return connections.getOrDefault(node.name(), NodeConnection.NONE);
  }
}
