package dev.tweed.operator.ledger;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tweed.crds.NodeSubnetSpec;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is written down before it is done.
 *
 * @param cursors where the last allocation from each pool ended, by canonical pool CIDR
 * @param intents blocks that somebody may be creating at this moment
 * @param lastHolders name of the node that held a block last, by CIDR, of blocks that were released
 *     and not given out since, or are intended only; the latest comes last
 * @param writes how often it was written before; 0 also in one of a version that did not count
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Ledger(
    Map<String, Long> cursors,
    List<NodeSubnetSpec> intents,
    SequencedMap<String, String> lastHolders,
    long writes) {
  /** Holders beyond this number are forgotten, the oldest first. */
  static final int HOLDERS = 2_000;

  /** Characters of theirs: beside the largest batch of intents there is room for so many. */
  static final int HOLDERS_LENGTH = 256 * 1024;

  /**
   * @throws NullPointerException if a cursor, an intent or a holder is null
   */
  public Ledger {
    cursors = cursors == null ? Map.of() : Map.copyOf(cursors);
    intents = intents == null ? List.of() : List.copyOf(intents);
    lastHolders =
        Collections.unmodifiableSequencedMap(
            lastHolders == null ? new LinkedHashMap<>() : new LinkedHashMap<>(lastHolders));
    lastHolders.values().forEach(Objects::requireNonNull);
  }

  /** Nothing allocated ever. */
  public static Ledger empty() {
    return new Ledger(Map.of(), List.of(), new LinkedHashMap<>(), 0);
  }

  /**
   * The next one, with more cursors and other intents, after those of this one.
   *
   * @param notGiven CIDRs of intents of this one that came to nothing: their nodes may still have
   *     what they had before, and those who had these blocks last did
   */
  Ledger with(Map<String, Long> moved, List<NodeSubnetSpec> next, Set<String> notGiven) {
    Map<String, Long> merged = new TreeMap<>(cursors);
    merged.putAll(moved);
    SequencedMap<String, String> holders = new LinkedHashMap<>(lastHolders);
    Set<String> given = new HashSet<>();
    Set<Holding> holdings = new HashSet<>();
    for (NodeSubnetSpec intent : intents) {
      if (!notGiven.contains(intent.cidr())) {
        given.add(intent.cidr());
        holdings.add(Holding.of(intent.nodeName(), intent.cidr()));
      }
    }
    // What a node held before that, its pods do not use any more.
    holders
        .entrySet()
        .removeIf(
            h ->
                given.contains(h.getKey())
                    || holdings.contains(Holding.of(h.getValue(), h.getKey())));
    return new Ledger(merged, next, holders, writes + 1);
  }

  /**
   * The next one, after every intent.
   *
   * @param notGiven CIDRs of those that came to nothing
   */
  Ledger settled(Set<String> notGiven) {
    return with(Map.of(), List.of(), notGiven);
  }

  /**
   * The next one, with blocks that are about to be released.
   *
   * @param holders names of their nodes by CIDR
   */
  public Ledger released(Map<String, String> holders) {
    LinkedHashMap<String, String> all = new LinkedHashMap<>(lastHolders);
    holders.forEach(all::putLast);
    int length = all.entrySet().stream().mapToInt(Ledger::length).sum();
    while (all.size() > HOLDERS || length > HOLDERS_LENGTH) {
      length -= length(all.pollFirstEntry());
    }
    return new Ledger(cursors, intents, all, writes + 1);
  }

  private record Holding(String node, boolean ipv6) {
    static Holding of(String node, String cidr) {
      return new Holding(node, cidr.indexOf(':') >= 0);
    }
  }

  // With quotation marks, colon and comma.
  private static int length(Map.Entry<String, String> holder) {
    return holder.getKey().length() + holder.getValue().length() + 6;
  }
}
