package dev.tweed.crds;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * One block of one node. Named after its CIDR ({@code 10-244-3-0-24}), so that creating it is the
 * claim: a second owner of the same block gets 409 from the API server.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("NodeSubnet")
@Singular("nodesubnet")
@Plural("nodesubnets")
@ShortNames("nsub")
public class NodeSubnet extends CustomResource<NodeSubnetSpec, NodeSubnetStatus> {}
