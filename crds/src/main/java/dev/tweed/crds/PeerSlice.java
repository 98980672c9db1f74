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
 * A part of a set that programs of many policies share: addresses of the pods a selector chooses,
 * or the namespaces whose pods wait for the operator's word. Named {@link PeerSliceName}, labelled
 * with the set ({@link TweedApi#PEERS_LABEL}).
 *
 * <p>The first slice says how many there are and is written last: a set is known when its first
 * slice is, and every other that counts; slices beyond that count do not. So a set that is written,
 * grows, shrinks or is read by halves is never taken for the whole.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("PeerSlice")
@Singular("peerslice")
@Plural("peerslices")
@ShortNames("pslice")
@JsonClassDescription(
    "A part of a set that compiled policies share: addresses of pods, or namespaces whose pods wait"
        + " for the operator's word. Written by Tweed's operator.")
@AdditionalPrinterColumn(
    name = "Slices",
    jsonPath = ".spec.slices",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name.matches('^(s-[0-9a-f]{20}|namespaces)-(0|[1-9][0-9]{0,3})$')",
    message = "metadata.name must be the set, a hyphen and the index of the slice")
@ValidationRule(
    value = "self.metadata.name.endsWith('-0') == has(self.spec.slices)",
    message = "spec.slices is for the first slice of a set, and required there")
@ValidationRule(
    value =
        "self.metadata.name.startsWith('namespaces-') ? !has(self.spec.addresses) :"
            + " !has(self.spec.namespaces) && !has(self.spec.all)",
    message = "set namespaces holds namespaces, and every other set addresses")
public class PeerSlice extends TweedResource<PeerSliceSpec, Void> {}
