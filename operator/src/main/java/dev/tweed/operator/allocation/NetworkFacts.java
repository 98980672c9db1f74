package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import dev.tweed.crds.UnknownValue;
import java.time.Instant;
import java.util.List;

/**
 * What the operator keeps of a PodNetwork.
 *
 * @param generation of its spec
 * @param deleting a network on its way out gets no new blocks
 * @param releaseAgreed a person agrees that many of its blocks are released at once
 * @param unknownValues values of its spec that this version does not know, absent from it
 */
public record NetworkFacts(
    String name,
    String uid,
    long generation,
    Instant created,
    boolean deleting,
    boolean releaseAgreed,
    PodNetworkSpec spec,
    List<UnknownValue> unknownValues) {}
