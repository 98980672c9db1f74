package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What planning needs of a NodeSubnet.
 *
 * @param goneSince the mark on a NodeSubnet whose node is not there
 */
public record SubnetFacts(
    String name,
    String uid,
    Instant created,
    NodeSubnetSpec spec,
    Map<String, String> labels,
    Optional<Instant> goneSince) {
  public SubnetFacts {
    labels = Map.copyOf(labels);
  }
}
