package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A NetworkPolicy or ClusterNetworkPolicy, compiled for nodes. Named after the policy's UID ({@code
 * PolicyNames.program}) and labelled with its own name ({@link TweedApi#PROGRAM_LABEL}). Without a
 * status: what nodes make of it is in their {@link NodePolicy}. Replaced as a whole by one write,
 * so that nobody sees half of a policy.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("PolicyProgram")
@Singular("policyprogram")
@Plural("policyprograms")
@ShortNames("pprog")
@JsonClassDescription(
    "A NetworkPolicy or ClusterNetworkPolicy, compiled for the nodes: without names of pods,"
        + " namespaces or policies. Written by Tweed's operator; change the policy instead.")
@AdditionalPrinterColumn(name = "Kind", jsonPath = ".spec.policy.kind")
@AdditionalPrinterColumn(name = "Tier", jsonPath = ".spec.tier")
@AdditionalPrinterColumn(
    name = "Priority",
    jsonPath = ".spec.priority",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Isolates", jsonPath = ".spec.isolates")
@AdditionalPrinterColumn(name = "Policy", jsonPath = ".spec.policy.uid", priority = 1)
@AdditionalPrinterColumn(
    name = "Generation",
    jsonPath = ".spec.policy.generation",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name.matches('^p-[0-9a-f]{20}$')",
    message = "metadata.name must be p- and 20 digits of SHA-256 of the policy's UID")
public class PolicyProgram extends TweedResource<PolicyProgramSpec, Void> {}
