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
@AdditionalPrinterColumn(name = "Backend", jsonPath = ".spec.backend.type")
@AdditionalPrinterColumn(
    name = "Nodes",
    jsonPath = ".status.nodes.selected",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Ready-Nodes",
    jsonPath = ".status.nodes.ready",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Free-Blocks",
    jsonPath = ".status.freeBlocks",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Progressing",
    jsonPath = ".status.conditions[?(@.type==\"Progressing\")].status")
@AdditionalPrinterColumn(
    name = "Degraded",
    jsonPath = ".status.conditions[?(@.type==\"Degraded\")].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Degraded\")].reason",
    priority = 1)
@AdditionalPrinterColumn(name = "First-Pool", jsonPath = ".spec.pools[0].cidr", priority = 1)
@AdditionalPrinterColumn(
    name = "Lowest-MTU",
    jsonPath = ".status.mtu.lowest",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name.size() <= 63",
    message = "metadata.name must have at most 63 characters, so that labels can carry it")
@ValidationRule(
    value =
        "oldSelf.spec.pools.all(o, self.spec.pools.exists(n, n.cidr == o.cidr) || (has(o.disabled) &&"
            + " o.disabled && has(oldSelf.status) && has(oldSelf.status.pools) &&"
            + " oldSelf.status.pools.exists(p, p.cidr == o.cidr && has(p.disabled) && p.disabled &&"
            + " has(p.allocated) && p.allocated == 0)))",
    message =
        "spec.pools lacks a pool that nodes may hold blocks of. Keep it; to be rid of it set its"
            + " disabled to true, and remove it when status.pools has it with disabled: true and"
            + " allocated: 0",
    fieldPath = ".spec.pools")
public class PodNetwork extends TweedResource<PodNetworkSpec, PodNetworkStatus> {}
