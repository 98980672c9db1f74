package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator keeps of a NodeSubnet.
 *
 * @param version its resourceVersion
 * @param generation of its spec
 * @param goneSince the mark on a NodeSubnet whose node is not there
 */
public record SubnetFacts(
    String name,
    String uid,
    String version,
    long generation,
    Instant created,
    NodeSubnetSpec spec,
    Map<String, String> labels,
    Optional<Instant> goneSince) {
  public SubnetFacts {
    labels = Map.copyOf(labels);
  }

  /** The same with another mark. */
  public SubnetFacts withGoneSince(Optional<Instant> mark) {
    return new SubnetFacts(name, uid, version, generation, created, spec, labels, mark);
  }
}
