package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * How long a new status of a FirewallPolicy may wait. Every daemon receives each one with the whole
 * policy, so on many nodes a rollout is not shown node by node, and a node that says another thing
 * each time is not repeated each time. Its times are those of one clock that is never set.
 *
 * @param written when a status was written last
 * @param debt what news before leave: the time at which none would be left, had they come one by
 *     one at the pace of news
 */
public record StatusPacer(Instant written, Instant debt) {
  private static final int NODES_A_SECOND = 100;
  private static final long LONGEST = 30;

  /** News may come so often for ever. */
  private static final Duration NEWS = Duration.ofSeconds(30);

  /** And so many at once: a rollout has two or three. */
  private static final int AT_ONCE = 5;

  /** Before anything was written. */
  public static final StatusPacer START = new StatusPacer(Instant.EPOCH, Instant.EPOCH);

  /**
   * The time before a status may be written; not positive if it may be now.
   *
   * @param before the status the object has
   * @param status the new one
   */
  public Duration wait(FirewallPolicyStatus before, FirewallPolicyStatus status, Instant now) {
    if (!isOfSameSpec(before, status)) {
      return Duration.ZERO;
    }
    return Duration.between(
        now,
        isNews(before, status)
            ? debt.minus(NEWS.multipliedBy(AT_ONCE - 1))
            : written.plusSeconds(Math.min(LONGEST, status.selectedNodes() / NODES_A_SECOND)));
  }

  /** The pacer after a status was written. */
  public StatusPacer wrote(FirewallPolicyStatus before, FirewallPolicyStatus status, Instant now) {
    return new StatusPacer(
        now,
        isOfSameSpec(before, status) && isNews(before, status)
            ? (debt.isAfter(now) ? debt : now).plus(NEWS)
            : debt);
  }

  private static boolean isOfSameSpec(FirewallPolicyStatus before, FirewallPolicyStatus status) {
    return Objects.equals(before.observedGeneration(), status.observedGeneration());
  }

  /** Whether it says something other than numbers and names. */
  private static boolean isNews(FirewallPolicyStatus before, FirewallPolicyStatus status) {
    return !outcome(before).equals(outcome(status));
  }

  private static List<String> outcome(FirewallPolicyStatus status) {
    return status.conditions().stream().map(StatusPacer::outcome).toList();
  }

  private static String outcome(Condition condition) {
    return condition.type() + " " + condition.status() + " " + condition.reason();
  }
}
