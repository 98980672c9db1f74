package dev.tweed.agent.policy;

import dev.tweed.enforce.gate.CniResults;
import dev.tweed.enforce.gate.LocalPod;
import dev.tweed.netlink.Link;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether pods are gated: whether the runtime tells of pods before they run. Its directory comes
 * with the first of them, so that on a new node there is none yet; where pods run and it does not
 * come there will be none. Where none of them is in it, it is another runtime's.
 */
final class GateDetector {

  private final GracePeriod period;
  private boolean ungated;

  /**
   * @param patience for how long there may be devices as of pods before the first result
   */
  GateDetector(Duration patience) {
    period = new GracePeriod(patience);
  }

  /**
   * Whether they are.
   *
   * @param left when it is to be asked again; empty where nothing comes of time
   */
  record Gate(boolean gated, Optional<Duration> left) {}

  /**
   * Asks.
   *
   * @param bridges names of those that pods may be on
   * @param written whether this process has written a table
   * @param now of a monotonic clock, nanoseconds
   */
  Gate detect(
      CniResults results,
      List<LocalPod> local,
      List<Link> links,
      Set<String> bridges,
      boolean written,
      long now) {
    boolean ports = arePorts(links, bridges);
    if (!local.isEmpty() || !ports && (results.kept() || !ungated)) {
      period.end();
      ungated = false;
      return new Gate(true, Optional.empty());
    }
    Duration left = period.left(now);
    // Pods that run already, when the first table is written, would have made it.
    ungated = ungated || !written && !results.kept() || !left.isPositive();
    return new Gate(!ungated, ungated ? Optional.empty() : Optional.of(left));
  }

  private static boolean arePorts(List<Link> links, Set<String> bridges) {
    Set<Integer> masters =
        links.stream()
            .filter(link -> bridges.contains(link.name()))
            .map(Link::index)
            .collect(Collectors.toSet());
    return links.stream()
        .anyMatch(
            link ->
                masters.contains(link.masterIndex())
                    && link.kind().equals(Optional.of("veth"))
                    && link.alias().isEmpty()); // of ours is that for probes
  }
}
