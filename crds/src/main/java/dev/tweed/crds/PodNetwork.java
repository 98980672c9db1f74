package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.Categories;
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
@Categories(TweedApi.CATEGORY)
@JsonClassDescription(
    "A pod network: its address pools, how packets travel between nodes, and the nodes that belong"
        + " to it. Creating one gives every selected node a block of addresses and connects the"
        + " pods.")
@AdditionalPrinterColumn(name = "Pools", jsonPath = ".status.summary.pools")
@AdditionalPrinterColumn(name = "Backend", jsonPath = ".spec.backend.type")
@AdditionalPrinterColumn(name = "Nodes", jsonPath = ".status.summary.nodes")
@AdditionalPrinterColumn(
    name = "Free",
    jsonPath = ".status.summary.free",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "MTU", jsonPath = ".status.summary.mtu")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name.size() <= 63",
    message = "metadata.name must have at most 63 characters, so that labels can carry it")
public class PodNetwork extends TweedResource<PodNetworkSpec, PodNetworkStatus> {}
