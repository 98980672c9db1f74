package dev.tweed.operator.networkpolicy;

import dev.tweed.crds.Condition;
import dev.tweed.crds.NetworkPolicyReportStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * When a status of a policy may be written: there are thousands, and each is written for people.
 *
 * @param written when the last one was; empty: not by this process
 * @param differs since when it should say something else
 */
public record EnforcementPacer(Optional<Instant> written, Optional<Instant> differs) {
  /** Before anything was written. */
  public static final EnforcementPacer START =
      new EnforcementPacer(Optional.empty(), Optional.empty());

  private static final Duration NEWS = Duration.ofSeconds(1);
  private static final Duration NUMBERS = Duration.ofSeconds(10);
  private static final Duration COUNTERS = Duration.ofMinutes(1);

  /** A pod that comes to another node is closed there until the policy is in force: no news. */
  private static final Duration PASSING = Duration.ofSeconds(10);

  /** The pacer after a status was found to be as it is written. */
  public EnforcementPacer agrees() {
    return new EnforcementPacer(written, Optional.empty());
  }

  /** The pacer where it differs from what is written. */
  public EnforcementPacer differs(Instant now) {
    return new EnforcementPacer(written, Optional.of(differs.orElse(now)));
  }

  /** The pacer after a status was written. */
  public EnforcementPacer wrote(Instant now) {
    return new EnforcementPacer(Optional.of(now), Optional.empty());
  }

  /**
   * When it may be written; of a pacer that {@link #differs(Instant) differs}.
   *
   * @param onItsWay whether nothing is wrong but that nodes have not got so far
   */
  public Instant earliest(
      Optional<NetworkPolicyReportStatus> before, NetworkPolicyReportStatus now, boolean onItsWay) {
    Instant since = differs.orElseThrow();
    if (before.isEmpty()
        || !Objects.equals(before.get().observedGeneration(), now.observedGeneration())) {
      return since;
    }
    Condition old = before.get().conditions().stream().findFirst().orElse(null);
    Condition next = now.conditions().getFirst();
    if (old == null || !old.status().equals(next.status()) || !old.reason().equals(next.reason())) {
      return old != null && old.status().equals("True") && next.status().equals("False") && onItsWay
          ? since.plus(PASSING)
          : after(NEWS, since);
    }
    boolean counters =
        Objects.equals(before.get().pods(), now.pods())
            && Objects.equals(before.get().nodes(), now.nodes())
            && before.get().failures().equals(now.failures());
    return after(counters ? COUNTERS : NUMBERS, since);
  }

  private Instant after(Duration pause, Instant since) {
    return written.map(w -> w.plus(pause)).filter(since::isBefore).orElse(since);
  }
}
