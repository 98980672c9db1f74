package dev.tweed.operator.allocation;

import dev.tweed.crds.NodeSubnetSpec;
import dev.tweed.ip.AddressFamily;
import dev.tweed.ip.IpPrefix;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds intents that contradict what there is. No operator writes such; they come from a ledger
 * that was edited by hand or put back from a backup.
 */
public final class IntentValidator {
  private record Holding(String node, AddressFamily family) {}

  private IntentValidator() {}

  /**
   * Intents that cannot be carried out, and why: their range is taken, in part at least, or their
   * node has a block of that family.
   *
   * @param standing specs of the NodeSubnets there are
   * @param intents none of which is there
   */
  public static Map<NodeSubnetSpec, String> contradictions(
      List<NodeSubnetSpec> standing, List<NodeSubnetSpec> intents) {
    if (intents.isEmpty()) {
      return Map.of();
    }
    OccupiedRanges occupied = new OccupiedRanges();
    Set<Holding> holdings = new HashSet<>();
    for (NodeSubnetSpec spec : standing) {
      IpPrefix.tryParseNetwork(spec.cidr())
          .ifPresent(
              cidr -> {
                occupied.add(cidr);
                holdings.add(new Holding(spec.nodeName(), cidr.family()));
              });
    }
    Map<NodeSubnetSpec, String> contradictions = new LinkedHashMap<>();
    for (NodeSubnetSpec intent : intents) {
      IpPrefix.tryParseNetwork(intent.cidr())
          .ifPresent(
              cidr -> {
                if (occupied.overlaps(cidr)) {
                  contradictions.put(intent, cidr + " overlaps a block that is in use");
                } else if (!holdings.add(new Holding(intent.nodeName(), cidr.family()))) {
                  contradictions.put(
                      intent, "node " + intent.nodeName() + " has a block other than " + cidr);
                } else {
                  occupied.add(cidr);
                }
              });
    }
    return contradictions;
  }
}
