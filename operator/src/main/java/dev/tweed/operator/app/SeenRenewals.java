package dev.tweed.operator.app;

import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;

/**
 * When a Lease was last seen to change. The elector compares the time that its holder wrote into it
 * with the time of day here, so it would take the Lease from a holder whose clock is behind. As in
 * client-go, what counts is how long this process has seen no renewal. Not for several threads.
 */
final class SeenRenewals {
  private LeaderElectionRecord last;
  private Instant since = Instant.EPOCH;

  /**
   * The record with a time of renewal that can be compared with the time of day here.
   *
   * @param at in {@link dev.tweed.operator.cluster.SteadyTime}
   * @param now the same as a time of day
   */
  LeaderElectionRecord see(LeaderElectionRecord found, Instant at, ZonedDateTime now) {
    if (!found.equals(last)) {
      last = found;
      since = at;
    }
    return found.toBuilder().renewTime(now.minus(Duration.between(since, at))).build();
  }
}
