package dev.tweed.operator.allocation;

import dev.tweed.crds.PodNetworkSpec;
import java.time.Instant;

/**
 * What planning needs of a PodNetwork.
 *
 * @param deleting a network on its way out gets no new blocks
 */
public record NetworkFacts(
    String name, String uid, Instant created, boolean deleting, PodNetworkSpec spec) {}
