package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalSelectableField;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * One block of one node. Named after its CIDR ({@link NodeSubnetName}), so that creating it is the
 * claim: a second owner of the same block gets 409 from the API server. Without a status, since
 * each change of one is delivered to every node: what its node made of it is in the {@link
 * NodeReport}.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("NodeSubnet")
@Singular("nodesubnet")
@Plural("nodesubnets")
@ShortNames("nsub")
@Categories(TweedApi.CATEGORY)
@JsonClassDescription(
    "One block of pod addresses of one node, and everything a peer needs to reach it. Written by"
        + " Tweed's operator; what its node made of it is in the NodeReport; named after its CIDR, so that creating it is the claim. A node whose"
        + " NodeSubnet is deleted gets the same block again, if nobody else has it by then.")
@AdditionalPrinterColumn(name = "Node", jsonPath = ".spec.nodeName")
@AdditionalPrinterColumn(name = "CIDR", jsonPath = ".spec.cidr")
@AdditionalPrinterColumn(name = "Network", jsonPath = ".spec.podNetwork")
@AdditionalPrinterColumn(name = "Node-IP", jsonPath = ".spec.nodeIPs[0]")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalSelectableField(jsonPath = ".spec.nodeName")
@AdditionalSelectableField(jsonPath = ".spec.podNetwork")
@ValidationRule(value = NodeSubnetRules.NAME, message = NodeSubnetRules.NAME_MESSAGE)
public class NodeSubnet extends TweedResource<NodeSubnetSpec, Void> {}
