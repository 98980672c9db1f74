package dev.tweed.operator.status;

import dev.tweed.crds.Condition;
import dev.tweed.crds.FirewallPolicyStatus;
import dev.tweed.crds.PodNetworkStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How long a new status of a PodNetwork or FirewallPolicy may wait. Every daemon receives each one
 * with the whole object, and none acts on it. So a node that joins is not shown until it is through
 * or takes long, on many nodes a rollout is not shown node by node, and a node that says another
 * thing each time is not repeated each time. Its times are those of one clock that is never set.
 *
 * @param written when a status was written last
 * @param debt what news before leave: the time at which none would be left, had they come one by
 *     one at the pace of news
 * @param changed since when the status differs from what is written
 */
public record StatusPacer(Instant written, Instant debt, Optional<Instant> changed) {
  private static final int NODES_A_SECOND = 100;
  private static final long LONGEST = 30;

  /** So long whoever is in order may be on its way again before that is shown, on few nodes too. */
  private static final long PASSING = 10;

  /** What is counted by different loops agrees again by then. */
  private static final long SETTLING = 1;

  /** How many times longer numbers wait while nothing is on its way, and nobody waits for it. */
  private static final long AT_REST = 10;

  /** News may come so often for ever. */
  private static final Duration NEWS = Duration.ofSeconds(30);

  /** And so many at once: a rollout has two or three. */
  private static final int AT_ONCE = 5;

  /** Before anything was written. */
  public static final StatusPacer START =
      new StatusPacer(Instant.EPOCH, Instant.EPOCH, Optional.empty());

  /**
   * What of a status decides how long it may wait.
   *
   * @param generation of the spec it is about; none before the first
   * @param used whether the object must not be deleted
   */
  public record Told(
      Optional<Long> generation, List<Condition> conditions, int nodes, boolean used) {

    /** Of the status a PodNetwork has, or is to have; null if it has none. */
    public static Told of(PodNetworkStatus status) {
      return status == null
          ? nothing()
          : new Told(
              Optional.ofNullable(status.observedGeneration()),
              status.conditions(),
              status.nodes() == null ? 0 : count(status.nodes().selected()),
              count(status.blocks()) > 0);
    }

    /** Of the status a FirewallPolicy has, or is to have; null if it has none. */
    public static Told of(FirewallPolicyStatus status) {
      return status == null
          ? nothing()
          : new Told(
              Optional.ofNullable(status.observedGeneration()),
              status.conditions(),
              count(status.selectedNodes()),
              false);
    }

    private static Told nothing() {
      return new Told(Optional.empty(), List.of(), 0, false);
    }

    private static int count(Integer number) {
      return number == null ? 0 : number;
    }

    private boolean ofSameSpec(Told other) {
      return generation.equals(other.generation);
    }

    private boolean atRest() {
      return conditions.stream().noneMatch(Transition::isBad);
    }

    /** Whether it says something else than numbers and names, and than what passes by itself. */
    private boolean isNewsAfter(Told before) {
      return used != before.used
          || before.conditions.stream()
              .anyMatch(b -> conditions.stream().noneMatch(c -> c.type().equals(b.type())))
          || conditions.stream()
              .filter(c -> !c.status().equals("Unknown") && !Transition.passes(c.reason()))
              .anyMatch(c -> before.conditions.stream().noneMatch(b -> same(b, c)));
    }

    private static boolean same(Condition a, Condition b) {
      return a.type().equals(b.type())
          && a.status().equals(b.status())
          && Objects.equals(a.reason(), b.reason());
    }
  }

  /** The pacer after the status was found to differ from what is written. */
  public StatusPacer differs(Instant now) {
    return new StatusPacer(written, debt, changed.or(() -> Optional.of(now)));
  }

  /** The pacer after the status was found to be as it is written. */
  public StatusPacer agrees() {
    return new StatusPacer(written, debt, Optional.empty());
  }

  /**
   * The time before a status may be written; not positive if it may be now.
   *
   * @param before the status the object has
   * @param status the new one
   */
  public Duration wait(Told before, Told status, Instant now) {
    if (!before.ofSameSpec(status)) {
      return Duration.ZERO;
    }
    Instant earliest =
        status.isNewsAfter(before)
            ? debt.minus(NEWS.multipliedBy(AT_ONCE - 1))
            : later(written, changed.orElse(now)).plus(pace(before, status));
    return Duration.between(now, earliest);
  }

  private static Duration pace(Told before, Told status) {
    long seconds = Math.min(LONGEST, status.nodes() / NODES_A_SECOND);
    if (before.atRest()) {
      return Duration.ofSeconds(
          status.atRest() ? Math.max(SETTLING, seconds * AT_REST) : Math.max(PASSING, seconds));
    }
    return Duration.ofSeconds(seconds);
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** The pacer after a status was written. */
  public StatusPacer wrote(Told before, Told status, Instant now) {
    return new StatusPacer(
        now,
        before.ofSameSpec(status) && status.isNewsAfter(before)
            ? later(debt, now).plus(NEWS)
            : debt,
        Optional.empty());
  }
}
