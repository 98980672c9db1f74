package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * What one node found and did; named after the node. The operator creates it (owner: the Node), the
 * daemon of that node writes its status, and only the operator and people read it.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("NodeReport")
@Singular("nodereport")
@Plural("nodereports")
@ShortNames("nrep")
@Categories(TweedApi.CATEGORY)
@JsonClassDescription(
    "What one node found and did, named after the node: its data path, its firewall, what is wrong"
        + " and what to type. Written by Tweed's daemon of that node.")
@AdditionalPrinterColumn(name = "Network", jsonPath = ".status.podNetwork")
@AdditionalPrinterColumn(name = "Device", jsonPath = ".status.dataPath.device")
@AdditionalPrinterColumn(
    name = "MTU",
    jsonPath = ".status.dataPath.mtu",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Peers",
    jsonPath = ".status.dataPath.peersProgrammed",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Expected",
    jsonPath = ".status.dataPath.peersExpected",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Firewall", jsonPath = ".status.firewall.manager")
@AdditionalPrinterColumn(name = "Backend", jsonPath = ".status.firewall.backend")
@AdditionalPrinterColumn(
    name = "Rules",
    jsonPath = ".status.firewall.rules",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Fast-Path", jsonPath = ".status.fastPath.state", priority = 1)
@AdditionalPrinterColumn(name = "Slow-Reason", jsonPath = ".status.fastPath.reason", priority = 1)
@AdditionalPrinterColumn(name = "State", jsonPath = ".status.firewall.state", priority = 1)
@AdditionalPrinterColumn(name = "Kernel", jsonPath = ".status.versions.kernel", priority = 1)
@AdditionalPrinterColumn(
    name = "Reachable",
    jsonPath = ".status.conditions[?(@.type==\"Reachable\")].status")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    priority = 1)
@AdditionalPrinterColumn(name = "Finding", jsonPath = ".status.findings[0].reason", priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class NodeReport extends TweedResource<NodeReportSpec, NodeReportStatus> {}
