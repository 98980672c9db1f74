package dev.tweed.agent.fastpath;

import dev.tweed.crds.NodeReportStatus;
import dev.tweed.fastpath.FastPathOff;
import dev.tweed.fastpath.FastPathPlan;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** From what the fast path is to what a NodeReport says of it. Pure. */
final class FastPathStatusMapper {
  private FastPathStatusMapper() {}

  /** It is not there. */
  static NodeReportStatus.FastPath off(FastPathOff.OfNode why) {
    return new NodeReportStatus.FastPath(
        NodeReportStatus.FastPath.OFF, why.reason(), why.message());
  }

  /** It is in the kernel. */
  static NodeReportStatus.FastPath on(FastPathPlan.On plan) {
    Map<String, Long> pods = counted(plan.podsOff().values().stream());
    Map<String, Long> peers = counted(plan.peersOff().values().stream());
    Optional<String> reason =
        Stream.of(pods, peers).flatMap(reasons -> reasons.keySet().stream()).findFirst();
    return new NodeReportStatus.FastPath(
        NodeReportStatus.FastPath.ON,
        reason.orElse(null),
        reason
            .map(
                any ->
                    "the ordinary path is for "
                        + Stream.of(text(pods, "pods"), text(peers, "nodes"))
                            .flatMap(Optional::stream)
                            .collect(Collectors.joining(", and for ")))
            .orElse(null));
  }

  private static Map<String, Long> counted(Stream<? extends FastPathOff> whys) {
    return whys.collect(
        Collectors.groupingBy(FastPathOff::reason, TreeMap::new, Collectors.counting()));
  }

  private static Optional<String> text(Map<String, Long> counts, String what) {
    return counts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            what
                + counts.entrySet().stream()
                    .map(each -> each.getKey() + " " + each.getValue())
                    .collect(Collectors.joining(", ", " (", ")")));
  }
}
