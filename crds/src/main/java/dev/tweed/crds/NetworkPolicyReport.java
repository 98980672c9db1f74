package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * Whether a NetworkPolicy, which has no status, is in force: beside it in its namespace, with its
 * name, owned by it. Written by the operator only.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("NetworkPolicyReport")
@Singular("networkpolicyreport")
@Plural("networkpolicyreports")
@ShortNames("npr")
@Categories(TweedApi.CATEGORY)
@JsonClassDescription(
    "Whether the NetworkPolicy of the same name is in force: on how many nodes, for how many pods,"
        + " since when. Written by Tweed's operator.")
@AdditionalPrinterColumn(
    name = "Pods",
    jsonPath = ".status.pods",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Nodes", jsonPath = ".status.nodes")
@AdditionalPrinterColumn(
    name = "Enforced",
    jsonPath = ".status.conditions[?(@.type==\"Enforced\")].status")
@AdditionalPrinterColumn(
    name = "Since",
    jsonPath = ".status.conditions[?(@.type==\"Enforced\")].lastTransitionTime",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Drops",
    jsonPath = ".status.dropped",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Enforced\")].reason",
    priority = 1)
@AdditionalPrinterColumn(name = "Program", jsonPath = ".status.program", priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class NetworkPolicyReport
    extends TweedResource<NetworkPolicyReportSpec, NetworkPolicyReportStatus>
    implements Namespaced {}
