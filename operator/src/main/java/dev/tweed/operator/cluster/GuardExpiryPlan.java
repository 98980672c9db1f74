package dev.tweed.operator.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which guards have been open for long enough.
 *
 * @param seen when each guard that is open was first seen so
 * @param expired those to be closed now
 * @param rest how long until the next one is to be closed
 */
record GuardExpiryPlan(
    Map<OpenGuard, Instant> seen, List<OpenGuard> expired, Optional<Duration> rest) {

  /**
   * @param before {@link #seen} of the plan before
   * @param open all guards that are open now
   * @param after how long a guard may be open
   */
  static GuardExpiryPlan of(
      Map<OpenGuard, Instant> before,
      Set<OpenGuard> open,
      Instant now,
      Function<OpenGuard, Duration> after) {
    Map<OpenGuard, Instant> seen =
        open.stream().collect(Collectors.toMap(g -> g, g -> before.getOrDefault(g, now)));
    return new GuardExpiryPlan(
        seen,
        open.stream()
            .filter(g -> !now.isBefore(seen.get(g).plus(after.apply(g))))
            .sorted(Comparator.comparing(OpenGuard::name).thenComparing(OpenGuard::annotation))
            .toList(),
        seen.entrySet().stream()
            .map(e -> Duration.between(now, e.getValue().plus(after.apply(e.getKey()))))
            .filter(Duration::isPositive)
            .min(Comparator.naturalOrder()));
  }
}
