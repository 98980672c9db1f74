package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import java.time.Instant;

/**
 * What the operator keeps of a PodNetwork.
 *
 * @param generation of its spec
 * @param deleting a network on its way out gets no new blocks
 */
public record NetworkFacts(
    String name,
    String uid,
    long generation,
    Instant created,
    boolean deleting,
    PodNetworkSpec spec) {}
