package dev.tweed.crds;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Host firewall rules for the nodes a selector chooses. */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("FirewallPolicy")
@Singular("firewallpolicy")
@Plural("firewallpolicies")
@ShortNames("fwp")
public class FirewallPolicy extends CustomResource<FirewallPolicySpec, FirewallPolicyStatus> {}
