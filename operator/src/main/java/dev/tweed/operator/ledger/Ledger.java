package dev.tweed.operator.ledger;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tweed.crds.NodeSubnetSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is written down before it is done.
 *
 * @param cursors where the last allocation from each pool ended, by canonical pool CIDR
 * @param intents blocks that somebody may be creating at this moment
 * @param writes how often it was written before; 0 also in one of a version that did not count
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Ledger(Map<String, Long> cursors, List<NodeSubnetSpec> intents, long writes) {
  public Ledger {
    cursors = cursors == null ? Map.of() : Map.copyOf(cursors);
    intents = intents == null ? List.of() : List.copyOf(intents);
  }

  /** Nothing allocated ever. */
  public static Ledger empty() {
    return new Ledger(Map.of(), List.of(), 0);
  }

  /** The next one, with more cursors and other intents. */
  public Ledger with(Map<String, Long> moved, List<NodeSubnetSpec> next) {
    Map<String, Long> merged = new TreeMap<>(cursors);
    merged.putAll(moved);
    return new Ledger(merged, next, writes + 1);
  }

  /** The next one, with every intent carried out. */
  public Ledger settled() {
    return with(Map.of(), List.of());
  }
}
