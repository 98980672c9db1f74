package dev.tweed.crds;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A pod network: its address pools, its backend and the nodes that belong to it. */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("PodNetwork")
@Singular("podnetwork")
@Plural("podnetworks")
@ShortNames("pnet")
public class PodNetwork extends CustomResource<PodNetworkSpec, PodNetworkStatus> {}
