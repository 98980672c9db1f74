package dev.tweed.operator.allocation;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What planning knows from the daemons themselves, each by the name of its node, as far as it has
 * told.
 *
 * @param mtus MTU of the pods of a node
 * @param linkAddresses addresses of links that a network names
 * @param lastHeard when daemons of nodes that are gone were last heard; of those without a Lease
 *     nothing is known
 */
public record DaemonFacts(
    Map<String, Integer> mtus,
    Map<String, List<LinkAddress>> linkAddresses,
    Map<String, Instant> lastHeard) {
  public DaemonFacts {
    mtus = Map.copyOf(mtus);
    linkAddresses = Map.copyOf(linkAddresses);
    lastHeard = Map.copyOf(lastHeard);
  }

  /** Nothing is known. */
  public static DaemonFacts none() {
    return new DaemonFacts(Map.of(), Map.of(), Map.of());
  }
}
