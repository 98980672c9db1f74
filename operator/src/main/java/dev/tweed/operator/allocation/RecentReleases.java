package dev.tweed.operator.allocation;

import dev.tweed.operator.allocation.AllocationPlan.Release;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Blocks of nodes that exist which this process has released a short time ago, without asking: what
 * goes drop by drop is judged together ({@link ReleaseValve}). Whoever leads anew begins to count
 * anew.
 *
 * @param made by UID of the NodeSubnet
 */
public record RecentReleases(Map<String, Made> made) {
  /** How long one counts. */
  static final Duration COUNTED = Duration.ofHours(1);

  /**
   * One release.
   *
   * @param at when, by a clock that is never set
   */
  public record Made(String network, Instant at) {}

  public RecentReleases {
    made = Map.copyOf(made);
  }

  /** Before the first. */
  public static RecentReleases none() {
    return new RecentReleases(Map.of());
  }

  /** Those that still count. */
  public RecentReleases at(Instant now) {
    Map<String, Made> left = new HashMap<>(made);
    left.values().removeIf(m -> !m.at().plus(COUNTED).isAfter(now));
    return new RecentReleases(left);
  }

  /** With those made now. */
  public RecentReleases and(List<Release> released, Instant now) {
    Map<String, Made> all = new HashMap<>(made);
    released.stream()
        .filter(r -> r.reason().ofNodeThatExists() && !r.agreed())
        .map(Release::subnet)
        .forEach(s -> all.put(s.uid(), new Made(s.spec().podNetwork(), now)));
    return new RecentReleases(all);
  }

  /**
   * How many, by name of their network.
   *
   * @param there NodeSubnets of a plan: one that a cache still has is not counted twice
   */
  public Map<String, Integer> byNetwork(List<SubnetFacts> there) {
    if (made.isEmpty()) {
      return Map.of();
    }
    Set<String> uids = there.stream().map(SubnetFacts::uid).collect(Collectors.toSet());
    return made.entrySet().stream()
        .filter(e -> !uids.contains(e.getKey()))
        .collect(Collectors.toMap(e -> e.getValue().network(), e -> 1, Integer::sum));
  }
}
