package dev.tweed.operator.cluster;

import dev.tweed.crds.FirewallPolicy;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.PodNetwork;
import io.fabric8.kubernetes.api.model.Node;
import java.util.List;
import java.util.Map;

/**
 * The cluster at one moment, as the informers know it.
 *
 * @param reportOwners UID of the Node that each NodeReport belongs to, by its name
 */
public record ClusterView(
    List<PodNetwork> networks,
    List<Node> nodes,
    List<NodeSubnet> subnets,
    Map<String, String> reportOwners,
    List<FirewallPolicy> policies) {}
