package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.crds.PodNetwork;
import dev.tweed.operator.policy.ReportDigest;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import java.util.List;
import java.util.Map;

/**
 * The cluster at one moment, as the informers know it.
 *
 * @param gone specs of NodeSubnets of these nodes that were deleted, in the order they went
 * @param reports what is kept of each NodeReport, by its name
 */
public record ClusterView(
    List<PodNetwork> networks,
    List<Node> nodes,
    List<NodeSubnet> subnets,
    List<NodeSubnetSpec> gone,
    Map<String, ReportDigest> reports,
    List<FirewallPolicy> policies,
    List<ServiceCIDR> serviceCIDRs) {}
