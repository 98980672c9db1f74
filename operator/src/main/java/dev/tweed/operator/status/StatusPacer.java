package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How long a new status of a FirewallPolicy may wait. Every daemon receives each one with the whole
 * policy, so on many nodes a rollout is not shown node by node.
 */
public final class StatusPacer {
  private static final int NODES_A_SECOND = 100;
  private static final long LONGEST = 30;

  private StatusPacer() {}

  /**
   * The time that must lie between the two; none if the new one says something other than numbers
   * and names.
   *
   * @param written the status the object has
   */
  public static Duration pause(FirewallPolicyStatus written, FirewallPolicyStatus now) {
    boolean news =
        !Objects.equals(written.observedGeneration(), now.observedGeneration())
            || !outcome(written).equals(outcome(now));
    return news
        ? Duration.ZERO
        : Duration.ofSeconds(Math.min(LONGEST, now.selectedNodes() / NODES_A_SECOND));
  }

  private static List<String> outcome(FirewallPolicyStatus status) {
    return status.conditions().stream().map(StatusPacer::outcome).toList();
  }

  private static String outcome(Condition condition) {
    return condition.type() + " " + condition.status() + " " + condition.reason();
  }
}
